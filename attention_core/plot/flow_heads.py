"""Multi-head attention as a drawing: the heads side by side, each with its own attention weights."""

from __future__ import annotations

import numpy as np

from attention_core.plot.flow import Sizes, document, label
from attention_core.plot.theme import MONO, Theme, ThemeName, weight_colour
from attention_core.plot.theme import theme as theme_of

WIDTH, HEIGHT = 1160, 250
MOST = 16  # heads that are drawn side by side; of more, the first, how many are left out, and the last
FIRST = 10
TOP, BOTTOM = 20, 206
CELLS = 24  # of a pattern at most so many rows and columns are drawn


def columns(n_heads: int) -> list[int | None]:
    """The heads that are drawn, from left to right; None stands for those that are left out."""
    return list(range(n_heads)) if n_heads <= MOST else [*range(FIRST), None, n_heads - 1]


def multi_head_svg(
    sizes: Sizes, pattern: np.ndarray, *, head: int | None = None, lit: int | None = None, theme: ThemeName = "light"
) -> str:
    """The heads of a layer side by side, each square its real attention weights.

    pattern: [head, query, key]
    head:    the one that is framed
    lit:     the step at hand: 3 the stream, 4 to 9 the heads, 10 the joining, 11 the residual
    """
    colours = theme_of(theme)
    shown = columns(sizes.n_heads)
    step = WIDTH / len(shown)
    memory = "" if sizes.n_keys is None else f" (Q) · memory: {sizes.n_keys} × {sizes.d_model} (K, V)"
    parts = [bar(3, TOP, f"x: {sizes.n_tokens} × {sizes.d_model}{memory}", colours, lit in (None, 3))]
    for i, each in enumerate(shown):
        x = step * (i + 0.5)
        if each is None:
            parts.append(label(f"… {sizes.n_heads - FIRST - 1} more …", x, 110, colours.muted, 12))
        else:
            parts.append(one_head(each, x, min(step - 10, 84), pattern[each], sizes, colours, each == head))
    if sizes.n_kv_heads is not None:
        parts += brackets(shown, sizes.n_heads // sizes.n_kv_heads, step, colours)
    heads = f"{sizes.n_heads} heads × {sizes.d_head} = {sizes.n_heads * sizes.d_head}"
    parts.append(bar(10, BOTTOM, f"joined: {sizes.n_tokens} × ({heads}), then W_O", colours, lit in (None, 10)))
    words = f"{sizes.n_heads} heads side by side, each with its own queries, keys, values and attention weights."
    if cut := cut_off(pattern):
        parts.append(label(f"Drawn of each head: {cut}.", WIDTH / 2, HEIGHT - 12, colours.muted, 11))
    return document(WIDTH, HEIGHT, "Multi-head attention", words, colours, parts)


def brackets(shown: list[int | None], each: int, step: float, colours: Theme) -> list[str]:
    """Above the heads that share keys and values, a line from the first of them to the last."""
    groups: dict[int, list[int]] = {}
    for i, head in enumerate(shown):
        if head is not None:
            groups.setdefault(head // each, []).append(i)
    return [
        f'<path data-shared="{own}" d="M{step * (first + 0.12):.1f} 51 v-5 H{step * (last + 0.88):.1f} v5" fill="none" '
        f'stroke="{colours.key}" stroke-width="1.3"><title>These heads share keys and values {own}</title></path>'
        for own, (first, *_, last) in ((own, (at[0], *at)) for own, at in groups.items())
    ]


def bar(step: int, y: float, text: str, colours: Theme, lit: bool) -> str:
    """A matrix that all heads share, as a bar across the drawing."""
    return (
        f'<g data-step="{step}" data-lit="{str(lit).lower()}"><title>{text}</title>'
        f'<rect x="6" y="{y - 16}" width="{WIDTH - 12}" height="26" rx="5" fill="{colours.panel}" '
        f'stroke="{colours.ink if lit else colours.line}"/>'
        f"{label(text, WIDTH / 2, y + 2, colours.ink, 12, family=MONO)}</g>"
    )


def one_head(head: int, x: float, width: float, pattern: np.ndarray, sizes: Sizes, colours: Theme, chosen: bool) -> str:
    """One head: its Q, K and V, its pattern, and what it hands on."""
    side = min(width, 84.0)
    third = side / 3
    parts = []
    own = "" if sizes.n_kv_heads is None else head // (sizes.n_heads // sizes.n_kv_heads)
    for i, (name, colour) in enumerate(
        zip(("Q", f"K{own}", f"V{own}"), (colours.query, colours.key, colours.value), strict=True)
    ):
        start = x - side / 2 + i * third
        parts.append(
            f'<rect x="{start + 1:.1f}" y="52" width="{third - 2:.1f}" height="15" rx="3" fill="{colour}" '
            f'fill-opacity=".3" stroke="{colour}"/>{label(name, start + third / 2, 63.5, colours.ink, 10)}'
        )
    parts += squares(pattern, x - side / 2, 74, side, colours)
    parts.append(
        f'<rect x="{x - side / 2:.1f}" y="74" width="{side:.1f}" height="{side:.1f}" fill="none" '
        f'stroke="{colours.ink if chosen else colours.line}" stroke-width="{2.5 if chosen else 1}"/>'
    )
    parts.append(label(f"head {head}", x, 74 + side + 14, colours.ink if chosen else colours.muted, 11, bold=chosen))
    for y1, y2 in ((31, 49), (74 + side + 19, BOTTOM - 18)):
        parts.append(
            f'<path d="M{x:.1f} {y1:.1f} V{y2:.1f}" stroke="{colours.muted}" stroke-width="1.2" '
            'marker-end="url(#tip)"/>'
        )
    n_keys = sizes.n_tokens if sizes.n_keys is None else sizes.n_keys
    title = ", ".join(filter(None, [f"Head {head}: {sizes.n_tokens} × {n_keys} attention weights", cut_off(pattern)]))
    return f'<g data-head="{head}" data-lit="{str(chosen).lower()}"><title>{title}</title>{"".join(parts)}</g>'


def cut_off(pattern: np.ndarray) -> str:
    """Which part of a pattern [..., query, key] is drawn; nothing where all of it is."""
    shape = pattern.shape[-2:]
    drawn = " × ".join(str(min(size, CELLS)) for size in shape)
    return f"the first {drawn} of {shape[0]} × {shape[1]} weights" if max(shape) > CELLS else ""


def squares(pattern: np.ndarray, left: float, top: float, side: float, colours: Theme) -> list[str]:
    """The attention weights as little squares; of a long text the first tokens."""
    part = pattern[:CELLS, :CELLS]
    high, wide = (side / count for count in part.shape)
    return [
        f'<rect x="{left + k * wide:.1f}" y="{top + q * high:.1f}" width="{wide:.2f}" height="{high:.2f}" '
        f'fill="{weight_colour(colours, float(weight))}"/>'
        for q, row in enumerate(part)
        for k, weight in enumerate(row)
    ]
