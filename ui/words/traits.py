"""What a model's architecture does to embeddings, queries, keys, scores and the attention output, in words."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.elementwise import Add, Scale, SoftCap
from attention_core.ops.rotary import Rotate


def embedding_text(config: ModelConfig) -> str:
    """How a token becomes the vector that enters the first layer."""
    project = "projected to the residual stream’s width"
    first = [f"multiplied by {config.embed_scale:.4g}"] if config.embed_scale != 1 else []
    first += [project] if config.embed_projection == "before_sum" else []
    then = ["normalized"] if config.embed_norm else []
    then += [project] if config.embed_projection == "after_norm" else []
    more = ["that of its position"] if config.positions in ("learned", "sinusoidal") else []
    more += ["that of its segment"] if config.n_segments else []
    token = ", ".join(["Each token’s embedding", *first])
    if not more:
        return ", then ".join(["Each token’s embedding is looked up", *first, *then]) + "."
    summands = f"{', '.join([token, *more[:-1]])}{',' if first else ''} and {more[-1]}"
    return ", then ".join([f"{summands} are added", *then]) + "."


def later_layers_text(layer: int) -> str:
    """The layers between the embeddings and a layer's queries, keys and values; empty for layer 0."""
    if not layer:
        return ""
    between = "Layer 0 comes" if layer == 1 else f"Layers 0 to {layer - 1} come"
    return f"{between} between these embeddings and step 4, which shows layer {layer}."


def layer_input_text(attention: AttentionView, layer: int) -> str:
    """That a layer does not start from the embeddings; empty for layer 0, and for cross-attention."""
    if not layer or attention.is_cross:
        return ""
    return f"Layer {layer} starts from the output of layer {layer - 1}, not from the embeddings of step 3."


def divisor_text(scale: Scale) -> str:
    """What scores are divided by, in numbers: "√7", or "√7 and by 2"."""
    parts = [f"√{scale.root:g}"] if scale.root else []
    return " and by ".join([*parts, *([f"{scale.divisor:g}"] if scale.divisor != 1 else [])])


def score_text(stage: Stage, config: ModelConfig) -> str:
    """What a stage does to a score, worded to follow "it is"."""
    match stage.operation:
        case Scale() as scale:
            return f"divided by {' and by '.join(divisor_reasons(scale, config))}"
        case SoftCap(cap=cap):
            return f"soft-capped between −{cap:g} and {cap:g}, so no score can outgrow the others"
        case Add() if config.positions == "alibi":
            return "shifted by ALiBi’s bias, the key’s position times the head’s slope: a nearer key scores higher"
        case Add():
            return "shifted by a trained bias for the distance from query to key"
    return stage.title.lower()


def divisor_reasons(scale: Scale, config: ModelConfig) -> list[str]:
    """What scores are divided by, each number with its reason where there is one."""
    why = ", so it does not grow with the head dimension" if scale.root == config.d_head else ""
    root = [f"√{scale.root:g}{why}"] if scale.root else []
    layer_factor = [f"{scale.divisor:g}, a factor of this layer"] if scale.divisor != 1 else []
    return [f"{each}," if why and layer_factor else each for each in root] + layer_factor


def query_key_text(attention: AttentionView, layer: int) -> str:
    """What is done to queries and keys before their dot product; empty where nothing is."""
    done = []
    for stage in attention.projection_stages("q", layer)[1:]:
        if isinstance(stage.operation, Rotate):
            done.append(
                "rotated, each pair of dimensions by an angle proportional to the token’s position, so the dot product "
                "of a query and a key depends on the distance between them"
            )
        else:
            done.append("normalized")
    return f"Queries and keys are then {', and '.join(done)}." if done else ""


def query_key_note(attention: AttentionView, layer: int) -> str:
    """In a few words, what was done to a query and a key before their dot product; empty where nothing was."""
    done = ["rotated by its position’s angles" if isinstance(stage.operation, Rotate) else "normalized"
            for stage in attention.projection_stages("q", layer)[1:]]  # fmt: skip
    return f"Before this, each was {' and '.join(done)}: open a number to see how." if done else ""


def input_norm_text(attention: AttentionView, layer: int) -> str:
    """What is done to the residual stream before it is projected to queries, keys and values; empty for nothing."""
    source = attention.trace.stage(attention.name("q"), layer).inputs[0].name
    if source == attention.resid_in:
        return ""
    return f"The {'decoder’s ' if attention.is_cross else ''}residual stream is normalized first."


def kv_sharing_text(config: ModelConfig) -> str:
    """How heads share keys and values; empty where they do not."""
    heads, kept = config.n_heads, config.n_kv_heads
    if heads == kept:
        return ""
    if kept == 1:
        return f"All {heads} heads share one set of keys and values."
    return f"The {heads} heads share {kept} sets of keys and values, {heads // kept} heads to a set."


def shared_key_note(attention: AttentionView, head: int) -> str:
    """Which heads share a head's keys; empty where none do."""
    shared = attention.trace.gather_indices("kv_head")[1]
    heads = [h for h, kv_head in enumerate(shared) if kv_head == shared[head]]
    return f"Heads {heads[0]} to {heads[-1]} share this key." if len(heads) > 1 else ""


def softmax_text(attention: AttentionView) -> str:
    """How scores become weights."""
    if attention.has_sink:
        return (
            "e to the power of each score, divided by the row’s sum. The sum includes the head’s sink, a trained score "
            "that belongs to no token, so the weights are positive and sum to less than 1."
        )
    return "e to the power of each score, divided by the row’s sum: the weights are positive and sum to 1."


def residual_text(config: ModelConfig) -> str:
    """How the attention output enters the residual stream."""
    normalized = config.norm_position in ("branch", "both")
    output = f"The attention output is {'normalized, and ' if normalized else ''}added to the residual stream"
    if config.parallel_block != "no":
        return f"{output}, together with the MLP’s output for the same input."
    return f"{output}{', then normalized' if config.norm_position == 'post' else ''}: the vector now holds context."
