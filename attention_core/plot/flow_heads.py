"""Multi-head attention as a drawing: the heads side by side, each with its own attention weights."""

from __future__ import annotations

import numpy as np

from attention_core.plot.flow import Sizes, hit_svg, svg_document, text_svg
from attention_core.plot.theme import MONO, Theme, ThemeName, weight_colour
from attention_core.plot.theme import theme as theme_of

WIDTH, HEIGHT = 1160, 250
MAX_HEADS = 16  # heads side by side; with more, the first ones and the last are drawn
N_FIRST = 10
TOP, BOTTOM = 20, 206
MAX_CELLS = 24  # rows and columns of a pattern that are drawn at most


def drawn_heads(n_heads: int) -> list[int | None]:
    """The heads to draw, from left to right; None in place of those left out."""
    return list(range(n_heads)) if n_heads <= MAX_HEADS else [*range(N_FIRST), None, n_heads - 1]


def multi_head_svg(
    sizes: Sizes, pattern: np.ndarray, *, head: int | None = None, lit: int | None = None, theme: ThemeName = "light"
) -> str:
    """The heads of a layer side by side, each with its attention weights, as an SVG.

    pattern: [head, query, key]
    head:    the selected head
    lit:     the highlighted step: 3 the residual stream, 4 to 9 the heads, 10 the concatenation, 11 the sum
    """
    colours = theme_of(theme)
    shown = drawn_heads(sizes.n_heads)
    step = WIDTH / len(shown)
    memory = "" if sizes.n_keys is None else f" (Q) · encoder output: {sizes.n_keys} × {sizes.d_model} (K, V)"
    before = f"embeddings → {sizes.earlier_layers} → " if sizes.earlier_layers else ""
    parts = [bar_svg(3, TOP, f"{before}x: {sizes.n_tokens} × {sizes.d_model}{memory}", colours, lit in (None, 3))]
    for i, each in enumerate(shown):
        x = step * (i + 0.5)
        if each is None:
            parts.append(text_svg(f"… {sizes.n_heads - N_FIRST - 1} more …", x, 110, colours.muted, 12))
        else:
            parts.append(head_svg(each, x, min(step - 10, 84), pattern[each], sizes, colours, each == head))
    if sizes.n_kv_heads is not None:
        parts += brackets_svg(shown, sizes.n_heads // sizes.n_kv_heads, step, colours)
    heads = f"{sizes.n_heads} heads × {sizes.d_head} = {sizes.n_heads * sizes.d_head}"
    concatenated = f"concatenated: {sizes.n_tokens} × ({heads}), then W_O"
    parts.append(bar_svg(10, BOTTOM, concatenated, colours, lit in (None, 10)))
    words = f"{sizes.n_heads} heads in parallel, each with its own queries, keys, values and attention weights."
    if cut := drawn_part(pattern):
        parts.append(text_svg(f"Each head shows {cut}.", WIDTH / 2, HEIGHT - 12, colours.muted, 12))
    return svg_document(WIDTH, HEIGHT, "Multi-head attention", words, colours, parts)


def brackets_svg(shown: list[int | None], each: int, step: float, colours: Theme) -> list[str]:
    """A bracket above each group of heads that share keys and values."""
    groups: dict[int, list[int]] = {}
    for i, head in enumerate(shown):
        if head is not None:
            groups.setdefault(head // each, []).append(i)
    return [
        f'<path data-shared="{kv_head}" d="M{step * (first + 0.12):.1f} 51 v-5 H{step * (last + 0.88):.1f} v5" '
        f'fill="none" stroke="{colours.key}" stroke-width="1.3">'
        f"<title>These heads share keys and values {kv_head}</title></path>"
        for kv_head, (first, *_, last) in ((kv_head, (at[0], *at)) for kv_head, at in groups.items())
    ]


def bar_svg(step: int, y: float, text: str, colours: Theme, lit: bool) -> str:
    """A matrix of all heads, as a bar across the drawing."""
    return (
        f'<g data-step="{step}" data-lit="{str(lit).lower()}"><title>{text}</title>'
        f'<rect x="6" y="{y - 16}" width="{WIDTH - 12}" height="26" rx="5" fill="{colours.panel}" '
        f'stroke="{colours.ink if lit else colours.line}"/>'
        f"{text_svg(text, WIDTH / 2, y + 2, colours.ink, 12, family=MONO)}</g>"
    )


def head_svg(head: int, x: float, width: float, pattern: np.ndarray, sizes: Sizes, colours: Theme, chosen: bool) -> str:
    """One head: its Q, K and V, its pattern, and arrows from the input and to the output."""
    side = min(width, 84.0)
    third = side / 3
    projections, parts = [], []
    kv_head = "" if sizes.n_kv_heads is None else head // (sizes.n_heads // sizes.n_kv_heads)
    for i, (name, colour) in enumerate(
        zip(("Q", f"K{kv_head}", f"V{kv_head}"), (colours.query, colours.key, colours.value), strict=True)
    ):
        start = x - side / 2 + i * third
        projections.append(
            f'<rect x="{start + 1:.1f}" y="52" width="{third - 2:.1f}" height="15" rx="3" fill="{colour}" '
            f'fill-opacity=".3" stroke="{colour}"/>{text_svg(name, start + third / 2, 63.5, colours.ink, 11.5)}'
        )
    parts += squares_svg(pattern, x - side / 2, 74, side, colours)
    parts.append(
        f'<rect x="{x - side / 2:.1f}" y="74" width="{side:.1f}" height="{side:.1f}" fill="none" '
        f'stroke="{colours.ink if chosen else colours.line}" stroke-width="{2.5 if chosen else 1}"/>'
    )
    parts.append(text_svg(f"head {head}", x, 74 + side + 14, colours.ink if chosen else colours.muted, 12, bold=chosen))
    for y1, y2 in ((31, 49), (74 + side + 19, BOTTOM - 18)):
        parts.append(
            f'<path d="M{x:.1f} {y1:.1f} V{y2:.1f}" stroke="{colours.muted}" stroke-width="1.2" '
            'marker-end="url(#tip)"/>'
        )
    n_keys = sizes.n_tokens if sizes.n_keys is None else sizes.n_keys
    weights = f"Head {head}: {sizes.n_tokens} × {n_keys} attention weights"
    title = ", ".join(filter(None, [weights, drawn_part(pattern)]))
    return (
        f'<g aria-hidden="true">{"".join(projections)}</g><g data-head="{head}" data-lit="{str(chosen).lower()}">'
        f'<title>{title}</title>{"".join(parts)}{hit_svg(x, side / 2 + 4, 48, 74 + side + 20)}</g>'
    )


def drawn_part(pattern: np.ndarray) -> str:
    """The drawn part of a pattern [..., query, key], in words; empty if all of it is drawn."""
    shape = pattern.shape[-2:]
    drawn = " × ".join(str(min(size, MAX_CELLS)) for size in shape)
    return f"the first {drawn} of {shape[0]} × {shape[1]} weights" if max(shape) > MAX_CELLS else ""


def squares_svg(pattern: np.ndarray, left: float, top: float, side: float, colours: Theme) -> list[str]:
    """The attention weights as small squares; for a long text, those of the first tokens."""
    part = pattern[:MAX_CELLS, :MAX_CELLS]
    high, wide = (side / count for count in part.shape)
    return [
        f'<rect x="{left + k * wide:.1f}" y="{top + q * high:.1f}" width="{wide:.2f}" height="{high:.2f}" '
        f'fill="{weight_colour(colours, float(weight))}"/>'
        for q, row in enumerate(part)
        for k, weight in enumerate(row)
    ]
