"""The drawings of the step by step page, built from the model's own sizes."""

from __future__ import annotations

import attention_core as ac
from components.flow import flow
from figures.flow import STEP_TITLES, Sizes, self_attention_svg
from figures.flow_heads import multi_head_svg
from figures.theme import ThemeName
from ui.page import theme_name
from ui.selection import put


def sizes_of(trace: ac.Trace) -> Sizes:
    """The sizes of a model and a text."""
    config = trace.model.config
    return Sizes(len(trace.pieces), config.n_heads, config.d_model, config.d_head, trace.mask() is not None)


def one_head_drawing(trace: ac.Trace, step: int | None, theme: ThemeName) -> str:
    """Self-attention, step by step, as SVG."""
    return self_attention_svg(sizes_of(trace), lit=step, theme=theme, text=trace.text)


def heads_drawing(trace: ac.Trace, layer: int, head: int | None, step: int | None, theme: ThemeName) -> str:
    """Multi-head attention as SVG, with the layer's real attention weights."""
    return multi_head_svg(sizes_of(trace), trace.pattern(layer), head=head, lit=step, theme=theme)


def flow_drawing(trace: ac.Trace, layer: int, head: int | None, step: int, heads: bool) -> None:
    """The drawing with the step at hand lit: of one head, or of all heads side by side."""
    theme = theme_name()
    svg = heads_drawing(trace, layer, head, step, theme) if heads else one_head_drawing(trace, step, theme)
    flow(
        svg, key="flow", step=step, steps=len(STEP_TITLES), heads=trace.model.config.n_heads,
        on_step=lambda wanted: put(step=wanted, open=""), on_head=lambda wanted: put(head=str(wanted), open=""),
    )  # fmt: skip
