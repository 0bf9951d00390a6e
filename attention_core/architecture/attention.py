"""Attention, declared: project, score, cap, bias, mask, weigh, mix and merge, of every head.

Source: Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attention_core.architecture.declare import MASKED, norm, stage
from attention_core.computation.stage import Operation, Stage, Weighing
from attention_core.config.model_config import ModelConfig
from attention_core.config.positions import Rotary
from attention_core.ops.basic import Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, ApplyMask, Cap, Scale
from attention_core.ops.rotary import Rotate

KINDS = (("q", "query", "query", "Queries"), ("k", "key", "key", "Keys"), ("v", "key", "value", "Values"))
"""What attention projects: its name, the place that it belongs to, its colour, its title."""


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
        x = "x" if read == source else read
        made.append(stage(
            f"{prefix}{kind}[{head}, {place}, dim]", Einsum(), f"{read}[{place}, model]",
            f"{weight}[{head}, model, dim]", *([f"{bias}[{head}, dim]"] if biased else []),
            role=role, title=title, equation=f"{kind} = {x} · {weight}" + (f" + {bias}" if biased else ""),
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
                role=role, title=f"{title} rotated", equation=f"{kind} rotated by position × frequency, pair by pair",
            ))  # fmt: skip
            names[kind] = f"{kind}_rotated"
    return names["q"], names["k"], made


def scaling(config: ModelConfig, divisor: float = 1.0) -> Scale | None:
    """What the scores are divided by; None where they are not."""
    root = config.attn_root or float(config.d_head)
    if root == divisor == 1:
        return None
    return Scale(None if root == 1 else root, divisor, "attn_root" if config.attn_root else "d_head", "layer divisor")


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
    sink: str | None = None,
    mask: str = "mask[query, key]",
) -> list[Stage]:
    """From queries, keys and values to the mixed values z of every head.

    cap, bias, sink: what bounds the scores, what is added to them, and what stands beside them in the softmax, where
                     the model has it
    """
    grid = "[head, query, key]"
    steps = [
        stage(f"{prefix}product{grid}", Einsum(), f"{query}[head, query, dim]", f"{key}[{kv}, key, dim]",
              symbol="q·k", inline=True, title="Every query with every key",
              equation="q·k = sum over dimensions of q × k"),
    ]  # fmt: skip

    def step(name: str, operation: Operation, *more: str, symbol: str = "", title: str, equation: str) -> None:
        steps.append(stage(f"{prefix}{name}{grid}", operation, f"{steps[-1].name}{grid}", *more,
                           symbol=symbol, inline=True, title=title, equation=equation))  # fmt: skip

    if scale:
        step("score", scale, symbol="score" if prefix else "", title="Scores", equation=f"score = {scale.equation}")
    if cap:
        step("capped", Cap(cap), title="Capped scores", equation="cap × tanh(score ÷ cap)")
    if bias:
        step("biased", Add(), bias, title="Scores with the position's term", equation="score + position bias")
    if masked:
        steps.append(stage(mask, Input(MASKED), title="Mask", equation="1 where the query may look, 0 elsewhere"))
        before = steps[-2]
        steps.append(stage(
            f"{prefix}masked{grid}", ApplyMask(), f"{before.name}{grid}", mask,
            symbol="score" if before.name.endswith("product") else before.symbol or before.name,
            inline=True, title="Masked scores", equation="score where the query may look, −∞ elsewhere",
        ))  # fmt: skip
    step("weight", weigh, *([sink] if sink else []), title="Attention weights", equation=f"weight = {weigh.equation}")
    steps[-1] = replace(steps[-1], inline=False)
    mixed = stage(f"{prefix}z[head, query, dim]", Einsum(), f"{prefix}weight{grid}", f"{prefix}v[{kv}, key, dim]",
                  title="Mixed values", equation="z = sum over keys of weight × v")  # fmt: skip
    return [*steps, mixed]


def out_stage(biases: Iterable[str], prefix: str = "") -> Stage:
    """The heads joined and brought back to the width of the stream."""
    weight, bias = f"W_{prefix}O", f"b_{prefix}O"
    biased = bias in biases
    return stage(f"{prefix}attn_out[query, model]", Einsum(), f"{prefix}z[head, query, dim]",
                 f"{weight}[head, dim, model]", *([f"{bias}[model]"] if biased else []),
                 title=f"Heads joined, times {weight}",
                 equation=f"attn_out = z · {weight}" + (f" + {bias}" if biased else ""))  # fmt: skip
