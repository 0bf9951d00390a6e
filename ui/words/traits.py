"""What a model's traits do to a score, a query, or what attention has found, in words."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.elementwise import Add, Scale, SoftCap
from attention_core.ops.rotary import Rotate


def embedded(config: ModelConfig) -> str:
    """How a token becomes the vector that the first layer finds."""
    wide = "brought to the stream’s width"
    first = [f"multiplied by {config.embed_scale:.4g}"] if config.embed_scale != 1 else []
    first += [wide] if config.embed_projection == "before_sum" else []
    then = ["normed"] if config.embed_norm else []
    then += [wide] if config.embed_projection == "after_norm" else []
    more = ["that of its place"] if config.positions in ("learned", "sinusoidal") else []
    more += ["that of its segment"] if config.n_segments else []
    own = ", ".join(["Each token’s own vector", *first])
    if not more:
        return ", then ".join(["Each token’s own vector is looked up", *first, *then]) + "."
    parts = f"{', '.join([own, *more[:-1]])}{',' if first else ''} and {more[-1]}"
    return ", then ".join([f"{parts} are added", *then]) + "."


def divisor(scale: Scale) -> str:
    """What scores are divided by, in numbers: "√7", or "√7 and by 2"."""
    parts = [f"√{scale.root:g}"] if scale.root else []
    return " and by ".join([*parts, *([f"{scale.divisor:g}"] if scale.divisor != 1 else [])])


def scored(stage: Stage, config: ModelConfig) -> str:
    """What is done to a score, as it is said after "it is"."""
    match stage.operation:
        case Scale() as scale:
            return f"divided by {' and by '.join(reasons(scale, config))}"
        case SoftCap(cap=cap):
            return f"brought softly between −{cap:g} and {cap:g}, so that none can outgrow the others"
        case Add() if config.positions == "alibi":
            return "given ALiBi’s term, the key’s place times a slope of the head’s own: a nearer key scores higher"
        case Add():
            return "given a trained number for how far the key stands from the query"
    return stage.title.lower()


def reasons(scale: Scale, config: ModelConfig) -> list[str]:
    """What scores are divided by, each with its reason where there is one to name."""
    why = ", so that it does not grow with the width" if scale.root == config.d_head else ""
    width = [f"√{scale.root:g}{why}"] if scale.root else []
    own = [f"{scale.divisor:g}, which is this layer’s own"] if scale.divisor != 1 else []
    return [f"{each}," if why and own else each for each in width] + own


def entered(attention: AttentionView, layer: int) -> str:
    """What is done to queries and keys before they meet; nothing where they meet as they are."""
    done = []
    for stage in attention.entering("q", layer)[1:]:
        if isinstance(stage.operation, Rotate):
            done.append(
                "turned, pair of dimensions by pair, by angles that grow with the token’s place: so what a query and a "
                "key have in common depends on how far apart they stand"
            )
        else:
            done.append("normed")
    return f"Queries and keys are then {', and '.join(done)}." if done else ""


def prepared(attention: AttentionView, layer: int) -> str:
    """What was done to a query and a key before they were multiplied, in few words; nothing where it was nothing."""
    done = ["turned by its place’s angles" if isinstance(stage.operation, Rotate) else "normed"
            for stage in attention.entering("q", layer)[1:]]  # fmt: skip
    return f"Each was {' and '.join(done)} before: open a number to see how." if done else ""


def read(attention: AttentionView, layer: int) -> str:
    """What is done to the stream before queries, keys and values are made from it; nothing where it is nothing."""
    source = attention.trace.stage(attention.name("q"), layer).inputs[0].name
    if source == attention.finds:
        return ""
    return f"The {'decoder’s ' if attention.crosses else ''}stream is normed first."


def sharing(config: ModelConfig) -> str:
    """How heads share keys and values; nothing where each has its own."""
    heads, kept = config.n_heads, config.n_kv_heads
    if heads == kept:
        return ""
    if kept == 1:
        return f"All {heads} heads share one set of keys and values."
    return f"The {heads} heads share {kept} sets of keys and values, {heads // kept} heads each."


def shared_by(attention: AttentionView, head: int) -> str:
    """With which heads one shares its keys and values; nothing where it does not."""
    shared = attention.trace.gather_indices("kv_head")[1]
    heads = [h for h, own in enumerate(shared) if own == shared[head]]
    return f"Heads {heads[0]} to {heads[-1]} share this key." if len(heads) > 1 else ""


def weighed(attention: AttentionView) -> str:
    """How scores become weights."""
    if attention.has_sink:
        return (
            "e to each score, divided by the row’s sum. Each head’s sink, a trained score that no token has, is in "
            "that sum too: so the weights are positive numbers that sum to less than 1."
        )
    return "e to each score, divided by the row’s sum: positive numbers that sum to 1."


def added(config: ModelConfig) -> str:
    """What becomes of what attention has found."""
    normed = config.norm_position in ("branch", "both")
    found = f"What attention found is {'normed, and ' if normed else ''}added to what the token was"
    if config.parallel_block != "no":
        return f"{found}, together with what the MLP has made of the same."
    return f"{found}{', and normed' if config.norm_position == 'post' else ''}: the embedding now holds its context."
