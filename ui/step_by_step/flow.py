"""The drawings of the Step by step page, with the sizes of the model and the text."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from attention_core.computation.stage import Stage
from attention_core.ops.elementwise import Add, Scale, SoftCap
from attention_core.plot.flow import STEP_TITLES, Sizes, self_attention_svg
from attention_core.plot.flow_heads import multi_head_svg
from attention_core.plot.theme import ThemeName
from ui.components.flow import flow
from ui.shared.page import theme_name
from ui.shared.selection import put
from ui.words.traits import divisor_text


def sizes_of(attention: AttentionView, layer: int) -> Sizes:
    """The sizes of a model and a text, for the drawings."""
    config = attention.config
    return Sizes(
        len(attention.queries), config.n_heads, config.d_model, config.d_head, attention.causal,
        len(attention.keys) if attention.is_cross else None,
        ", ".join(map(score_operation, attention.score_stages(layer))) or "not scaled",
        config.image is not None,
        attention.window(layer),
        config.n_kv_heads if config.n_kv_heads < config.n_heads else None,
        layer,
    )  # fmt: skip


def score_operation(stage: Stage) -> str:
    """What a stage does to a score, as the drawing labels it."""
    match stage.operation:
        case Scale() as scale:
            return f"÷ {divisor_text(scale).replace(' and by ', ' ÷ ')}"
        case SoftCap(cap=cap):
            return f"cap {cap:g}"
        case Add():
            return "+ bias"
    return stage.title


def one_head_drawing(attention: AttentionView, layer: int, step: int | None, theme: ThemeName) -> str:
    """One head of attention, step by step, as SVG."""
    text = "" if attention.is_cross else attention.trace.text
    return self_attention_svg(sizes_of(attention, layer), lit=step, theme=theme, text=text)


def heads_drawing(attention: AttentionView, layer: int, head: int | None, step: int | None, theme: ThemeName) -> str:
    """Multi-head attention as SVG, with the layer's attention weights."""
    return multi_head_svg(sizes_of(attention, layer), attention.pattern(layer), head=head, lit=step, theme=theme)


def flow_drawing(attention: AttentionView, layer: int, head: int | None, step: int, heads: bool) -> None:
    """Draw one head, or all heads side by side, with the current step highlighted."""
    theme = theme_name()
    svg = (
        heads_drawing(attention, layer, head, step, theme) if heads else one_head_drawing(attention, layer, step, theme)
    )
    flow(
        svg, key="flow", step=step, steps=len(STEP_TITLES), heads=attention.config.n_heads,
        on_step=lambda wanted: put(step=wanted), on_head=lambda wanted: put(head=str(wanted)),
    )  # fmt: skip
