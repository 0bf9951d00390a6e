"""Heatmap and graph as self-contained SVG, for print and for slides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import numpy as np

from figures.check import checked
from figures.graph import GraphInfo, bucket, labelled, node_colour, stroke
from figures.labels import clean, short
from figures.layout import heading
from figures.theme import MONO, SANS, ThemeName, ink_on, weight_colour
from figures.theme import theme as theme_of

CELL = 26
MOST_DIGITS = 64  # tokens
GUTTER = 110


def document(width: float, height: float, title: str, background: str, parts: Iterable[str]) -> str:
    """A whole SVG of that size, named by its title."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{escape(MONO, {chr(34): "&quot;"})}">',
        f"<title>{escape(clean(title))}</title>",
        f'<rect width="100%" height="100%" fill="{background}"/>',
        *parts,
        "</svg>",
    ])  # fmt: skip


def text(x: float, y: float, words: str, colour: str, size: float, anchor: str, extra: str = "") -> str:
    """One run of text."""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"'
        f"{extra}>{escape(short(words))}</text>"
    )


def heatmap_svg(
    pattern: np.ndarray,
    tokens: Sequence[str],
    *,
    selected: tuple[int, int] | None = None,
    theme: ThemeName = "light",
    title: str = "Attention weights",
) -> str:
    """Attention weights as an SVG: rows ask, columns answer; arguments as for `attention_heatmap`."""
    weights, colours, n = checked(pattern, tokens), theme_of(theme), len(tokens)
    cell = CELL if n <= MOST_DIGITS else max(2.0, 1600 / n)
    parts = []
    for q in range(n):
        for k in range(n):
            x, y, colour = GUTTER + k * cell, GUTTER + q * cell, weight_colour(colours, weights[q, k])
            gap = 1 if n <= MOST_DIGITS else 0
            parts.append(
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{cell - gap:.2f}" height="{cell - gap:.2f}" fill="{colour}"/>'
            )
            if n <= MOST_DIGITS and weights[q, k] >= 0.05:
                digits = f"{weights[q, k]:.2f}".removeprefix("0")
                parts.append(text(x + cell / 2, y + cell / 2 + 4, digits, ink_on(colour), 10, "middle"))
    for i in range(0, n, max(1, round(13 / cell))):
        at = GUTTER + (i + 0.5) * cell
        marks = [colours.ink, colours.ink]
        if selected is not None:
            marks = [colours.query if i == selected[0] else marks[0], colours.key if i == selected[1] else marks[1]]
        parts.append(text(GUTTER - 6, at + 4, tokens[i], marks[0], 12, "end"))
        turn = f' transform="rotate(-48 {at:.2f} {GUTTER - 6})"'
        parts.append(text(at, GUTTER - 6, tokens[i], marks[1], 12, "start", turn))
    if selected is not None:
        q, k = selected
        parts.append(
            f'<rect x="{GUTTER + k * cell - 0.5:.2f}" y="{GUTTER + q * cell - 0.5:.2f}" width="{cell:.2f}" '
            f'height="{cell:.2f}" fill="none" stroke="{colours.ink}" stroke-width="2.5"/>'
        )
    side = GUTTER + n * cell
    family = f" font-family='{SANS}'"
    caption = "Rows ask (query), columns answer (key)."
    note = f'<text x="12" y="{side + 22:.2f}" fill="{colours.muted}" font-size="12"{family}>{caption}</text>'
    return document(side + 60, side + 34, title, colours.background, [*parts, note])


def graph_svg(info: GraphInfo, *, theme: ThemeName = "light", title: str = "Attention graph") -> str:
    """A graph, as `graph_info` lays it out, as an SVG."""
    colours, arc, n = theme_of(theme), info.layout == "arc", len(info.tokens)
    wide = max(360.0, min(1600.0, n * 46.0)) if arc else 560.0
    high = 330.0 if arc else 520.0

    def at(point: np.ndarray) -> tuple[float, float]:
        if arc:
            return 40 + point[0] * (wide - 80) / max(n - 1, 1), 230 - 200 * point[1]
        return wide / 2 + 170 * point[0], high / 2 - 170 * point[1]

    parts = []
    for edge in reversed(info.edges):
        width, opacity = stroke(bucket(edge.weight))
        way = " L".join(f"{x:.2f} {y:.2f}" for x, y in map(at, edge.curve))
        x, y = at(edge.curve[-1])
        size, turn = 5 + 3 * edge.weight, heading(edge.curve, info.layout)
        parts += [
            f'<path d="M{way}" fill="none" stroke="{colours.query}" stroke-width="{width:.2f}" '
            f'stroke-opacity="{opacity:.2f}"/>',
            f'<path d="M0 {-size:.2f} L{size:.2f} {size:.2f} L{-size:.2f} {size:.2f} Z" fill="{colours.query}" '
            f'transform="translate({x:.2f} {y - (size if arc else 0):.2f}) rotate({turn:.1f})"/>',
        ]
    shown = set(labelled(info)) if arc else set(range(n))
    for i, token in enumerate(info.tokens):
        x, y = at(info.places[i])
        colour = node_colour(info, i, colours)
        parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4" fill="{colour}"/>')
        if i in shown:
            ink = colours.ink if colour == colours.muted else colour
            if arc:
                extra = f' transform="rotate(-48 {x:.2f} {y + 16:.2f})"'
                parts.append(text(x + 2, y + 16, token, ink, 12, "end", extra))
            else:
                side = "start" if info.places[i][0] > 0.3 else "end" if info.places[i][0] < -0.3 else "middle"
                parts.append(text(wide / 2 + 186 * info.places[i][0], high / 2 - 190 * info.places[i][1] + 4,
                                  token, ink, 12, side))  # fmt: skip
    return document(wide, high, title, colours.background, parts)
