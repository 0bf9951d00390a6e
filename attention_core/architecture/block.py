"""A model's computation, declared from its traits: every stage of a layer.

The stages before the first layer and after the last are declared in `embed_unembed.py`. Neither file names a
family: each trait adds, omits or changes stages.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from attention_core.architecture.attention import (
    attention_stages,
    output_stage,
    projection_stages,
    query_key_stages,
    score_scale,
)
from attention_core.architecture.declare import by_name, norm_stage, parameter_stages, stage
from attention_core.architecture.embed_unembed import rotation_stages, shared_stages
from attention_core.architecture.experts import expert_stages
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.activations import Activate
from attention_core.ops.basic import Identity
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, Multiply
from attention_core.ops.softmax import SinkSoftmax, Softmax


def layer_stages(config: ModelConfig, layer: int, padded: bool) -> list[Stage]:
    """The stages of a layer, in order of computation."""
    source = "previous resid_post[position, model]" if layer else "embedding[position, model]"
    return [
        stage("resid_pre[position, model]", Identity(), source, title="Input to this layer", equation="x"),
        *self_attention_stages(config, layer, padded),
        *([] if config.parallel_block != "no" else residual_stages(config, "mid", "resid_pre", "attn")),
        *(cross_stages(config) if config.cross else []),
        *mlp_stages(config, layer),
        *layer_output_stages(config),
    ]


def self_attention_stages(config: ModelConfig, layer: int, padded: bool) -> list[Stage]:
    """From the residual stream to the attention output that is added to it."""
    source, norms = sublayer_input(config, "attn", "resid_pre", layer not in config.unnormed_layers)
    rotary = config.rotary[layer] if config.rotary else None
    masked = config.causal or padded or config.window(layer) is not None
    alibi = "position_bias[head, key]" if config.positions == "alibi" else None
    bias = "position_bias[head, query, key]" if config.relative else alibi
    scale = score_scale(config, config.attn_divisors[layer] if config.attn_divisors else 1.0)
    weighting, sink = (SinkSoftmax(), "b_sink[head]") if config.attn_sink else (Softmax(), None)
    query, key, changes = query_key_stages(config, rotary)
    return [
        *norms,
        *projection_stages(source, config.biases, kv_axis=config.kv_head_axis),
        *changes,
        *attention_stages(scale, masked, weighting, kv_axis=config.kv_head_axis, query=query, key=key,
                          cap=config.attn_soft_cap, bias=bias, sink=sink),
        output_stage(config.biases),
    ]  # fmt: skip


def sublayer_input(config: ModelConfig, sublayer: str, stream: str, normalized: bool = True) -> tuple[str, list[Stage]]:
    """The input of a sublayer (attention or MLP), which is the residual stream or its norm, and the stages it takes."""
    if not normalized or config.norm_position not in ("pre", "both"):
        return stream, []
    name = f"{sublayer}_normed"
    return name, [norm_stage(config, f"{name}[position, model]", f"{stream}[position, model]", sublayer,
                             title="Normalized", equation=f"{name} = norm({stream})")]  # fmt: skip


def cross_stages(config: ModelConfig) -> list[Stage]:
    """Cross-attention to the encoder's output."""
    source, norms = sublayer_input(config, "cross", "resid_mid")
    return [
        *norms,
        *projection_stages(source, config.biases, kv_axis=config.kv_head_axis, memory="memory", prefix="cross_"),
        *attention_stages(score_scale(config), True, Softmax(), kv_axis=config.kv_head_axis, prefix="cross_",
                          query="cross_q", key="cross_k", mask="cross_mask[key]"),
        output_stage(config.biases, "cross_"),
        *residual_stages(config, "cross", "resid_mid", "cross_attn"),
    ]  # fmt: skip


def mlp_stages(config: ModelConfig, layer: int) -> list[Stage]:
    """From the residual stream to the output of the MLP, or of the experts that replace it."""
    stream = "resid_pre" if config.parallel_block != "no" else "resid_cross" if config.cross else "resid_mid"
    source, norms = sublayer_input(config, "mlp", stream)
    if config.parallel_block == "one":
        source, norms = sublayer_input(config, "attn", stream)[0], []
    if layer in config.moe_layers:
        return [*norms, *expert_stages(config, source)]
    act, hidden = config.activation, "mlp_act"
    activated = "mlp_gate" if config.gated_mlp else "mlp_in"

    def product(name: str, x: str, weight: str, rows: str, columns: str, title: str) -> Stage:
        bias = weight.replace("W_", "b_")
        biased = bias in config.biases
        return stage(f"{name}[position, {columns}]", Einsum(), f"{x}[position, {rows}]",
                     f"{weight}[{rows}, {columns}]", *([f"{bias}[{columns}]"] if biased else []), title=title,
                     equation=f"{name} = {x} · {weight}" + (f" + {bias}" if biased else ""))  # fmt: skip

    stages = [*norms]
    if config.gated_mlp:
        stages.append(product("mlp_gate", source, "W_gate", "model", "mlp", "MLP gate"))
    stages += [
        product("mlp_in", source, "W_in", "model", "mlp", "MLP hidden layer"),
        stage("mlp_act[position, mlp]", Activate(act), f"{activated}[position, mlp]",
              title="After the activation function", equation=f"mlp_act = {act}({activated})"),
    ]  # fmt: skip
    if config.gated_mlp:
        hidden = "mlp_gated"
        stages.append(stage("mlp_gated[position, mlp]", Multiply(), "mlp_act[position, mlp]", "mlp_in[position, mlp]",
                            title="Gated", equation="mlp_gated = mlp_act × mlp_in"))  # fmt: skip
    return [*stages, product("mlp_out", hidden, "W_out", "mlp", "model", "MLP output")]


def layer_output_stages(config: ModelConfig) -> list[Stage]:
    """The residual stream after the layer."""
    if config.parallel_block != "no":
        summands = (f"{name}[position, model]" for name in ("resid_pre", "attn_out", "mlp_out"))
        return [stage("resid_post[position, model]", Add(), *summands, title="Added to the residual stream",
                      equation="resid_pre + attn_out + mlp_out")]  # fmt: skip
    return residual_stages(config, "post", "resid_cross" if config.cross else "resid_mid", "mlp")


def residual_stages(config: ModelConfig, place: str, stream: str, sublayer: str) -> list[Stage]:
    """The residual stream plus a sublayer's output, with the norm before or after the sum if the model has it.

    place: where in the layer the sum is: "mid", "cross" or "post"
    """
    update = f"{sublayer}_out"
    stages: list[Stage] = []
    if config.norm_position in ("branch", "both"):
        update = f"{sublayer}_update"
        stages.append(norm_stage(
            config, f"{update}[position, model]", f"{sublayer}_out[position, model]", f"{sublayer}_out",
            title="Normalized before it is added", equation=f"{update} = norm({sublayer}_out)",
        ))  # fmt: skip
    name = f"resid_{place}" if config.norm_position != "post" else f"{place}_sum"
    stages.append(stage(f"{name}[position, model]", Add(), f"{stream}[position, model]", f"{update}[position, model]",
                        inline=name != f"resid_{place}", title="Added to the residual stream",
                        equation=f"{stream} + {update}"))  # fmt: skip
    if config.norm_position == "post":
        stages.append(norm_stage(config, f"resid_{place}[position, model]", f"{name}[position, model]", place,
                                 title="Added and normalized",
                                 equation=f"resid_{place} = norm({stream} + {update})"))  # fmt: skip
    return stages


@cache
def declaration(config: ModelConfig, layer: int | None, padded: bool = False) -> dict[str, Stage]:
    """The stages of a layer, or those that belong to no layer, by name, preceded by their parameters.

    padded: whether some tokens are padding, which no token may attend to
    """
    if layer is None:
        return by_name(shared_stages(config))
    stages = layer_stages(config, layer, padded)
    if len(set(config.rotary)) > 1 and (rotary := config.rotary[layer]):
        stages = [*rotation_stages(rotary), *stages]
    stages = [*parameter_stages(stages, declaration(config, None, padded)), *stages]
    return {name: replace(each, layer=layer) for name, each in by_name(stages).items()}
