"""Multi-head attention, declared: projections, scores, soft cap, position bias, mask, softmax, weighted sum, W_O.

    z = softmax(q @ k.T / sqrt(d_head), masked) @ v        of every head
    attn_out = sum over heads of z @ W_O + b_O

Each step is a stage here, and its mathematics an operation in `ops/`: `Einsum` for dot products and weighted sums,
`Scale`, `ApplyMask`, `Softmax`. A run computes the stages in `runtime/blocked_attention.py`; `explain.py` derives
single numbers of them.

Source: Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attention_core.architecture.declare import MASK_NOTE, norm_stage, stage
from attention_core.computation.stage import Operation, Stage, Weighting
from attention_core.config.model_config import ModelConfig
from attention_core.config.positions import Rotary
from attention_core.ops.basic import Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, ApplyMask, Scale, SoftCap
from attention_core.ops.rotary import Rotate

QKV_PROJECTIONS = (("q", "query", "query", "Queries"), ("k", "key", "key", "Keys"), ("v", "key", "value", "Values"))
"""The three projections: name, position axis, role (colour) and title."""


def projection_stages(
    source: str, biases: Iterable[str] = (), *, kv_axis: str = "head", memory: str | None = None, prefix: str = ""
) -> list[Stage]:
    """The queries, keys and values of every head.

    source: the quantity that queries are computed from, and keys and values too unless `memory` is given
    memory: the quantity that keys and values are computed from in cross-attention
    """
    stages = []
    for kind, axis, role, title in QKV_PROJECTIONS:
        head, projected = (("head", source) if kind == "q" else (kv_axis, memory or source))  # fmt: skip
        weight, bias = f"W_{prefix}{kind.upper()}", f"b_{prefix}{kind.upper()}"
        biased = bias in biases
        x = "x" if projected == source else projected
        stages.append(stage(
            f"{prefix}{kind}[{head}, {axis}, dim]", Einsum(), f"{projected}[{axis}, model]",
            f"{weight}[{head}, model, dim]", *([f"{bias}[{head}, dim]"] if biased else []),
            role=role, title=title, equation=f"{kind} = {x} · {weight}" + (f" + {bias}" if biased else ""),
        ))  # fmt: skip
    return stages


def query_key_stages(config: ModelConfig, rotary: Rotary | None) -> tuple[str, str, list[Stage]]:
    """The names of the queries and keys that enter the scores, and the stages that normalize and rotate them."""
    names, stages = {"q": "q", "k": "k"}, []
    for kind, axis, role, title in QKV_PROJECTIONS[:2]:
        head = "head" if kind == "q" else config.kv_head_axis
        if config.qk_norm != "none":
            over = (head, "dim") if config.qk_norm == "all_heads" else ("dim",)
            weight_axes = "dim" if config.qk_norm == "head" else f"{head}, dim"
            stages.append(norm_stage(
                config, f"{kind}_normed[{head}, {axis}, dim]", f"{names[kind]}[{head}, {axis}, dim]", f"{kind}_norm",
                over=over, weight_axes=weight_axes, biased=f"b_{kind}_norm" in config.biases,
                role=role, title=f"Normalized {title.lower()}", equation=f"norm({kind})",
            ))  # fmt: skip
            names[kind] = f"{kind}_normed"
        if rotary is not None:
            stages.append(stage(
                f"{kind}_rotated[{head}, {axis}, dim]", Rotate(rotary.dim, rotary.interleaved),
                f"{names[kind]}[{head}, {axis}, dim]", f"cos[{axis}, pair]", f"sin[{axis}, pair]", role=role,
                title=f"Rotated {title.lower()}", equation=f"{kind} rotated by position × frequency, pair by pair",
            ))  # fmt: skip
            names[kind] = f"{kind}_rotated"
    return names["q"], names["k"], stages


def score_scale(config: ModelConfig, divisor: float = 1.0) -> Scale | None:
    """The scaling of the scores; None if they are not scaled."""
    root = config.attn_root or float(config.d_head)
    if root == divisor == 1:
        return None
    return Scale(None if root == 1 else root, divisor, "attn_root" if config.attn_root else "d_head", "layer divisor")


def attention_stages(
    scale: Scale | None,
    masked: bool,
    weighting: Weighting,
    *,
    kv_axis: str = "head",
    prefix: str = "",
    query: str = "q",
    key: str = "k",
    cap: float | None = None,
    bias: str | None = None,
    sink: str | None = None,
    mask: str = "mask[query, key]",
) -> list[Stage]:
    """From queries, keys and values to the weighted sums of values z of every head.

    cap:  the soft cap of the scores, if any
    bias: the position bias added to the scores, if any
    sink: the extra score in the softmax, if any
    """
    grid = "[head, query, key]"
    steps = [
        stage(f"{prefix}product{grid}", Einsum(), f"{query}[head, query, dim]", f"{key}[{kv_axis}, key, dim]",
              symbol="q·k", inline=True, title="Dot products QKᵀ",
              equation="q·k = sum over dimensions of q × k"),
    ]  # fmt: skip

    def step(name: str, operation: Operation, *more: str, symbol: str = "", title: str, equation: str) -> None:
        steps.append(stage(f"{prefix}{name}{grid}", operation, f"{steps[-1].name}{grid}", *more,
                           symbol=symbol, inline=True, title=title, equation=equation))  # fmt: skip

    if scale:
        step("score", scale, symbol="score" if prefix else "", title="Scores", equation=f"score = {scale.equation}")
    if cap:
        step("capped", SoftCap(cap), title="Capped scores", equation="cap × tanh(score ÷ cap)")
    if bias:
        step("biased", Add(), bias, title="Scores with position bias", equation="score + position bias")
    if masked:
        steps.append(stage(mask, Input(MASK_NOTE), title="Mask", equation="1 where the query may attend, 0 elsewhere"))
        before = steps[-2]
        steps.append(stage(
            f"{prefix}masked{grid}", ApplyMask(), f"{before.name}{grid}", mask,
            symbol="score" if before.name.endswith("product") else before.symbol or before.name,
            inline=True, title="Masked scores", equation="score where the query may attend, −∞ elsewhere",
        ))  # fmt: skip
    step("weight", weighting, *([sink] if sink else []),
         title="Attention weights", equation=f"weight = {weighting.equation}")  # fmt: skip
    steps[-1] = replace(steps[-1], inline=False)
    z = stage(f"{prefix}z[head, query, dim]", Einsum(), f"{prefix}weight{grid}", f"{prefix}v[{kv_axis}, key, dim]",
              title="Weighted sum of values", equation="z = sum over keys of weight × v")  # fmt: skip
    return [*steps, z]


def output_stage(biases: Iterable[str], prefix: str = "") -> Stage:
    """The heads, concatenated and projected to d_model."""
    weight, bias = f"W_{prefix}O", f"b_{prefix}O"
    biased = bias in biases
    return stage(f"{prefix}attn_out[query, model]", Einsum(), f"{prefix}z[head, query, dim]",
                 f"{weight}[head, dim, model]", *([f"{bias}[model]"] if biased else []),
                 title=f"Heads concatenated, then {weight}",
                 equation=f"attn_out = z · {weight}" + (f" + {bias}" if biased else ""))  # fmt: skip
