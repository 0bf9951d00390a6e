"""The computation of a model, declared from its traits: every stage of a layer.

What comes before the first layer and after the last is declared in `ends.py`. A family's name appears
in neither: a trait adds, leaves out or changes stages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from attention_core.config import ModelConfig
from attention_core.declare import masked_words, named, norm, stage, trained
from attention_core.elementwise import Activate, Add, Cap, Multiply, Rotate
from attention_core.ends import before_stages, rotation_stages
from attention_core.operations import Contract, Given, Mask, Passed, Scale, Softmax
from attention_core.positions import Rotary
from attention_core.stages import Stage, Weighing

KINDS = (("q", "query", "query", "Queries"), ("k", "key", "key", "Keys"), ("v", "key", "value", "Values"))
"""What attention projects: its name, the place that it belongs to, its colour, its title."""


def layer_stages(config: ModelConfig, layer: int, padded: bool) -> list[Stage]:
    """What a layer does, in the order in which it is done."""
    before = "earlier resid_post[position, model]" if layer else "embedding[position, model]"
    return [
        stage("resid_pre[position, model]", Passed(), before, title="As the layer finds it", equation="x"),
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
    bias = {"relative": "position_bias[head, query, key]", "alibi": "position_bias[head, key]"}.get(config.positions)
    scale = scaling(config, config.attn_over[layer] if config.attn_over else 1.0)
    query, key, changed = used(config, rotary)
    return [
        *normed,
        *projection_stages(read, config.biases, kv=config.kv),
        *changed,
        *attention_stages(scale, masked, Softmax(), kv=config.kv, query=query, key=key,
                          cap=config.attn_soft_cap, bias=bias),
        out_stage(config.biases),
    ]  # fmt: skip


def scaling(config: ModelConfig, divisor: float = 1.0) -> Scale | None:
    """What the scores are divided by; None where they are not."""
    root = config.attn_root or float(config.d_head)
    if root == divisor == 1:
        return None
    return Scale(None if root == 1 else root, divisor, "attn_root" if config.attn_root else "d_head", "layer divisor")


def reading(config: ModelConfig, half: str, stream: str, there: bool = True) -> tuple[str, list[Stage]]:
    """What a half of the layer reads: the stream, or the stream normed; and the stages that this takes."""
    if not there or config.norm_position not in ("pre", "both"):
        return stream, []
    name = f"{half}_normed"
    return name, [norm(config, f"{name}[position, model]", f"{stream}[position, model]", half,
                       title="Normed", equation=f"{name} = norm({stream})")]  # fmt: skip


def projection_stages(
    source: str, biases: Iterable[str] = (), *, kv: str = "head", memory: str | None = None, prefix: str = ""
) -> list[Stage]:
    """Queries, keys and values of every head.

    source, memory: what queries are made from; and keys and values, where that is something else
    """
    made = []
    for kind, place, role, title in KINDS:
        head, read = (("head", source) if kind == "q" else (kv, memory or source))  # fmt: skip
        weight, bias = f"W_{prefix}{kind.upper()}", f"b_{prefix}{kind.upper()}"
        biased = bias in biases
        made.append(stage(
            f"{prefix}{kind}[{head}, {place}, dim]", Contract(), f"{read}[{place}, model]",
            f"{weight}[{head}, model, dim]", *([f"{bias}[{head}, dim]"] if biased else []),
            role=role, title=title, equation=f"{kind} = x · {weight}" + (f" + {bias}" if biased else ""),
        ))  # fmt: skip
    return made


def used(config: ModelConfig, rotary: Rotary | None) -> tuple[str, str, list[Stage]]:
    """Queries and keys as they enter the scores, and the stages that norm and rotate them."""
    names, made = {"q": "q", "k": "k"}, []
    for kind, place, role, title in KINDS[:2]:
        head = "head" if kind == "q" else config.kv
        if config.qk_norm != "none":
            over = (head, "dim") if config.qk_norm == "whole" else ("dim",)
            own = "dim" if config.qk_norm == "head" else f"{head}, dim"
            made.append(norm(config, f"{kind}_normed[{head}, {place}, dim]", f"{names[kind]}[{head}, {place}, dim]",
                             f"{kind}_norm", over=over, own=own, biased=f"b_{kind}_norm" in config.biases,
                             role=role, title=f"{title} normed", equation=f"norm({kind})"))  # fmt: skip
            names[kind] = f"{kind}_normed"
        if rotary is not None:
            made.append(stage(
                f"{kind}_rotated[{head}, {place}, dim]", Rotate(rotary.dim, rotary.interleaved),
                f"{names[kind]}[{head}, {place}, dim]", f"cos[{place}, pair]", f"sin[{place}, pair]",
                role=role, title=f"{title} rotated", equation=f"{kind} turned by place × frequency, pair by pair",
            ))  # fmt: skip
            names[kind] = f"{kind}_rotated"
    return names["q"], names["k"], made


def attention_stages(
    scale: Scale | None,
    masked: bool,
    weigh: Weighing,
    *,
    kv: str = "head",
    prefix: str = "",
    query: str = "q",
    key: str = "k",
    cap: float | None = None,
    bias: str | None = None,
    mask: str = "mask[query, key]",
) -> list[Stage]:
    """From queries, keys and values to the mixed values z of every head.

    cap, bias: what bounds the scores, and what is added to them, where the model has it
    """
    grid = "[head, query, key]"
    steps = [
        stage(f"{prefix}product{grid}", Contract(), f"{query}[head, query, dim]", f"{key}[{kv}, key, dim]",
              symbol="q·k", inline=True, title="Every query with every key",
              equation="q·k = sum over dimensions of q × k"),
    ]  # fmt: skip

    def step(name: str, operation: object, *more: str, symbol: str = "", title: str, equation: str) -> None:
        said = {"symbol": symbol, "inline": True, "title": title, "equation": equation}
        steps.append(stage(f"{prefix}{name}{grid}", operation, f"{steps[-1].name}{grid}", *more, **said))

    if scale:
        step("score", scale, symbol="score" if prefix else "", title="Scores", equation=f"score = {scale.equation}")
    if cap:
        step("capped", Cap(cap), title="Capped scores", equation="cap × tanh(score ÷ cap)")
    if bias:
        step("biased", Add(), bias, title="Scores with the position's term", equation="score + position bias")
    if masked:
        steps.append(stage(mask, Given(masked_words), title="Mask", equation="1 where the query may look, 0 elsewhere"))
        before = steps[-2]
        steps.append(stage(
            f"{prefix}masked{grid}", Mask(), f"{before.name}{grid}", mask,
            symbol="score" if before.name.endswith("product") else before.symbol or before.name,
            inline=True, title="Masked scores", equation="score where the query may look, −∞ elsewhere",
        ))  # fmt: skip
    step("weight", weigh, title="Attention weights", equation=f"weight = {weigh.equation}")
    steps[-1] = replace(steps[-1], inline=False)
    return [*steps, stage(f"{prefix}z[head, query, dim]", Contract(), f"{prefix}weight{grid}",
                          f"{prefix}v[{kv}, key, dim]", title="Mixed values",
                          equation="z = sum over keys of weight × v")]  # fmt: skip


def out_stage(biases: Iterable[str], prefix: str = "") -> Stage:
    """The heads joined and brought back to the width of the stream."""
    weight, bias = f"W_{prefix}O", f"b_{prefix}O"
    biased = bias in biases
    return stage(f"{prefix}attn_out[query, model]", Contract(), f"{prefix}z[head, query, dim]",
                 f"{weight}[head, dim, model]", *([f"{bias}[model]"] if biased else []),
                 title=f"Heads joined, times {weight}",
                 equation=f"attn_out = z · {weight}" + (f" + {bias}" if biased else ""))  # fmt: skip


def cross_stages(config: ModelConfig) -> list[Stage]:
    """Attention to what the encoder made of its text."""
    read, normed = reading(config, "cross", "resid_mid")
    return [
        *normed,
        *projection_stages(read, config.biases, kv=config.kv, memory="memory", prefix="cross_"),
        *attention_stages(scaling(config), True, Softmax(), kv=config.kv, prefix="cross_", query="cross_q", key="cross_k",
                          mask="cross_mask[key]"),
        out_stage(config.biases, "cross_"),
        *half_stages(config, "cross", "resid_mid", "cross_attn"),
    ]  # fmt: skip


def mlp_stages(config: ModelConfig, layer: int) -> list[Stage]:
    """From the stream to what the MLP adds to it."""
    stream = "resid_pre" if config.parallel_block != "no" else "resid_cross" if config.cross else "resid_mid"
    read, normed = reading(config, "mlp", stream)
    if config.parallel_block == "one":
        read, normed = reading(config, "attn", stream)[0], []
    act, hidden = config.activation, "mlp_act"
    activated = "mlp_gate" if config.gated_mlp else "mlp_in"

    def product(made: str, weight: str, source: str, shape: str, title: str) -> Stage:
        bias = weight.replace("W_", "b_")
        biased = bias in config.biases
        name, rows, columns = *made.split(), shape
        return stage(f"{name}[position, {columns}]", Contract(), f"{source}[position, {rows}]",
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
                           title="Normed before it is added", equation=f"{update} = norm({half}_out)"))  # fmt: skip
    made = f"resid_{place}" if config.norm_position != "post" else f"{place}_sum"
    stages.append(stage(f"{made}[position, model]", Add(), f"{stream}[position, model]", f"{update}[position, model]",
                        inline=made != f"resid_{place}", title="Added to the stream",
                        equation=f"{stream} + {update}"))  # fmt: skip
    if config.norm_position == "post":
        stages.append(norm(config, f"resid_{place}[position, model]", f"{made}[position, model]", place,
                           title="Added and normed", equation=f"resid_{place} = norm({stream} + {update})"))  # fmt: skip
    return stages


@cache
def declaration(config: ModelConfig, layer: int | None, padded: bool = False) -> dict[str, Stage]:
    """The stages of a layer, or those that belong to none, by name; a layer's trained tensors before them.

    padded: whether some tokens only fill the text up, so that none may look at them
    """
    if layer is None:
        return named(before_stages(config))
    stages = layer_stages(config, layer, padded)
    if len(set(config.rotary)) > 1 and config.rotary[layer] is not None:
        stages = [*rotation_stages(config.rotary[layer]), *stages]
    shared = declaration(config, None, padded)
    return {name: replace(each, layer=layer) for name, each in named([*trained(stages, shared), *stages]).items()}
