"""The computation of a model, declared from its traits: every stage of a layer.

What comes before the first layer and after the last is declared in `ends.py`. A family's name appears
in neither: a trait adds, leaves out or changes stages.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from attention_core.architecture.attention import attention_stages, out_stage, projection_stages, scaling, used
from attention_core.architecture.declare import named, norm, stage, trained
from attention_core.architecture.embed_unembed import before_stages, rotation_stages
from attention_core.architecture.experts import expert_stages
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.activations import Activate
from attention_core.ops.basic import Identity
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, Multiply
from attention_core.ops.softmax import SinkSoftmax, Softmax


def layer_stages(config: ModelConfig, layer: int, padded: bool) -> list[Stage]:
    """What a layer does, in the order in which it is done."""
    before = "earlier resid_post[position, model]" if layer else "embedding[position, model]"
    return [
        stage("resid_pre[position, model]", Identity(), before, title="As the layer finds it", equation="x"),
        *self_attention_stages(config, layer, padded),
        *([] if config.parallel_block != "no" else half_stages(config, "mid", "resid_pre", "attn")),
        *(cross_stages(config) if config.cross else []),
        *mlp_stages(config, layer),
        *after_stages(config),
    ]


def self_attention_stages(config: ModelConfig, layer: int, padded: bool) -> list[Stage]:
    """From the stream to what attention adds to it."""
    read, normed = reading(config, "attn", "resid_pre", layer not in config.unnormed)
    rotary = config.rotary[layer] if config.rotary else None
    masked = config.causal or padded or config.window(layer) is not None
    alibi = "position_bias[head, key]" if config.positions == "alibi" else None
    bias = "position_bias[head, query, key]" if config.relative else alibi
    scale = scaling(config, config.attn_over[layer] if config.attn_over else 1.0)
    weigh, sink = (SinkSoftmax(), "b_sink[head]") if config.attn_sink else (Softmax(), None)
    query, key, changed = used(config, rotary)
    return [
        *normed,
        *projection_stages(read, config.biases, kv=config.kv),
        *changed,
        *attention_stages(scale, masked, weigh, kv=config.kv, query=query, key=key,
                          cap=config.attn_soft_cap, bias=bias, sink=sink),
        out_stage(config.biases),
    ]  # fmt: skip


def reading(config: ModelConfig, half: str, stream: str, there: bool = True) -> tuple[str, list[Stage]]:
    """What a half of the layer reads: the stream, or the stream normed; and the stages that this takes."""
    if not there or config.norm_position not in ("pre", "both"):
        return stream, []
    name = f"{half}_normed"
    return name, [norm(config, f"{name}[position, model]", f"{stream}[position, model]", half,
                       title="Normed", equation=f"{name} = norm({stream})")]  # fmt: skip


def cross_stages(config: ModelConfig) -> list[Stage]:
    """Attention to what the encoder made of its text."""
    read, normed = reading(config, "cross", "resid_mid")
    return [
        *normed,
        *projection_stages(read, config.biases, kv=config.kv, memory="memory", prefix="cross_"),
        *attention_stages(scaling(config), True, Softmax(), kv=config.kv, prefix="cross_",
                          query="cross_q", key="cross_k", mask="cross_mask[key]"),
        out_stage(config.biases, "cross_"),
        *half_stages(config, "cross", "resid_mid", "cross_attn"),
    ]  # fmt: skip


def mlp_stages(config: ModelConfig, layer: int) -> list[Stage]:
    """From the stream to what the MLP, or the experts in its place, add to it."""
    stream = "resid_pre" if config.parallel_block != "no" else "resid_cross" if config.cross else "resid_mid"
    read, normed = reading(config, "mlp", stream)
    if config.parallel_block == "one":
        read, normed = reading(config, "attn", stream)[0], []
    if layer in config.routed:
        return [*normed, *expert_stages(config, read)]
    act, hidden = config.activation, "mlp_act"
    activated = "mlp_gate" if config.gated_mlp else "mlp_in"

    def product(made: str, weight: str, source: str, shape: str, title: str) -> Stage:
        bias = weight.replace("W_", "b_")
        biased = bias in config.biases
        name, rows, columns = *made.split(), shape
        return stage(f"{name}[position, {columns}]", Einsum(), f"{source}[position, {rows}]",
                     f"{weight}[{rows}, {columns}]", *([f"{bias}[{columns}]"] if biased else []), title=title,
                     equation=f"{name} = {source} · {weight}" + (f" + {bias}" if biased else ""))  # fmt: skip

    stages = [*normed]
    if config.gated_mlp:
        stages.append(product("mlp_gate model", "W_gate", read, "mlp", "The MLP's gate"))
    stages += [
        product("mlp_in model", "W_in", read, "mlp", "Into the MLP"),
        stage("mlp_act[position, mlp]", Activate(act), f"{activated}[position, mlp]",
              title="Activated", equation=f"mlp_act = {act}({activated})"),
    ]  # fmt: skip
    if config.gated_mlp:
        hidden = "mlp_gated"
        stages.append(stage("mlp_gated[position, mlp]", Multiply(), "mlp_act[position, mlp]", "mlp_in[position, mlp]",
                            title="Gated", equation="mlp_gated = mlp_act × mlp_in"))  # fmt: skip
    return [*stages, product("mlp_out mlp", "W_out", hidden, "model", "Out of the MLP")]


def after_stages(config: ModelConfig) -> list[Stage]:
    """The stream as the layer leaves it."""
    if config.parallel_block != "no":
        added = (f"{name}[position, model]" for name in ("resid_pre", "attn_out", "mlp_out"))
        return [stage("resid_post[position, model]", Add(), *added, title="Added to the stream",
                      equation="resid_pre + attn_out + mlp_out")]  # fmt: skip
    return half_stages(config, "post", "resid_cross" if config.cross else "resid_mid", "mlp")


def half_stages(config: ModelConfig, place: str, stream: str, half: str) -> list[Stage]:
    """The stream and what a half of the layer adds to it: summed, and normed where the model has it."""
    update = f"{half}_out"
    stages: list[Stage] = []
    if config.norm_position in ("branch", "both"):
        update = f"{half}_update"
        stages.append(norm(config, f"{update}[position, model]", f"{half}_out[position, model]", f"{half}_out",
                           title="Normed before it is added",
                           equation=f"{update} = norm({half}_out)"))  # fmt: skip
    made = f"resid_{place}" if config.norm_position != "post" else f"{place}_sum"
    stages.append(stage(f"{made}[position, model]", Add(), f"{stream}[position, model]", f"{update}[position, model]",
                        inline=made != f"resid_{place}", title="Added to the stream",
                        equation=f"{stream} + {update}"))  # fmt: skip
    if config.norm_position == "post":
        stages.append(norm(config, f"resid_{place}[position, model]", f"{made}[position, model]", place,
                           title="Added and normed",
                           equation=f"resid_{place} = norm({stream} + {update})"))  # fmt: skip
    return stages


@cache
def declaration(config: ModelConfig, layer: int | None, padded: bool = False) -> dict[str, Stage]:
    """The stages of a layer, or those that belong to none, by name; a layer's trained tensors before them.

    padded: whether some tokens only fill the text up, so that none may look at them
    """
    if layer is None:
        return named(before_stages(config))
    stages = layer_stages(config, layer, padded)
    if len(set(config.rotary)) > 1 and (rotary := config.rotary[layer]):
        stages = [*rotation_stages(rotary), *stages]
    shared = declaration(config, None, padded)
    return {name: replace(each, layer=layer) for name, each in named([*trained(stages, shared), *stages]).items()}
