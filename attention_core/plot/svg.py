"""Heatmap and graph as self-contained SVG, for print and for slides."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from xml.sax.saxutils import escape, quoteattr

from numpy.typing import ArrayLike

from attention_core.plot.columns import ACROSS
from attention_core.plot.graph_info import Edge, GraphInfo, alt_text, label_room, node_colour
from attention_core.plot.heatmap_figure import (
    LABEL_ANGLE,
    MIN_LABEL_GAP,
    HeatmapInfo,
    frames,
    heatmap_info,
    labelled_indices,
    margins,
)
from attention_core.plot.labels import bidi_isolated, edge_text, text_width, weight_digits
from attention_core.plot.layout import ARC_RISE, CIRCLE_RADIUS, LINE_HEIGHT, NODE_RADIUS, WIDE, dot_radius, label_angles
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName, blend, ink_on, weight_colour
from attention_core.plot.theme import theme as theme_of
from attention_core.text.invisible import name_invisible

MAX_PRINTED_DIGITS = 64  # with more tokens the digits are too small to print
PRINTED_CELL = 26  # pixels, of a cell with digits
PRINTED_SIDE = PRINTED_CELL * MAX_PRINTED_DIGITS
AXES_NOTE = "Each row is a query, each column a key."
ToPixels = Callable[[float, float], tuple[float, float]]


def heatmap_svg(
    pattern: ArrayLike,
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    selected: tuple[int, int] | None = None,
    theme: ThemeName = "light",
    title: str | None = None,
) -> str:
    """Attention weights as an SVG; arguments and errors as for `attention_heatmap`."""
    info, colours = heatmap_info(pattern, tokens, key_tokens, selected), theme_of(theme)
    n = max(info.weights.shape)
    cell = PRINTED_CELL if n <= MAX_PRINTED_DIGITS else max(2.0, PRINTED_SIDE / n)
    left, top, right = margins(info, cell)
    (high, side), words = (count * cell for count in info.weights.shape), AXES_NOTE
    if selected is not None:
        query, key = selected
        names = bidi_isolated(info.queries[query]), bidi_isolated(info.keys[key])
        words += f" Selected: {edge_text(*names, float(info.weights[selected]))}."
    parts = [
        f'<g transform="translate({left:.2f} {top:.2f})">',
        *(_cells(info, colours, cell) if n <= MAX_PRINTED_DIGITS else _merged_cells(info, colours, cell)),
        *_axis_labels(info, colours, cell),
        "</g>",
        _text(AXES_NOTE, 10, top + high + 24, "start", colours.muted, family=SANS),
    ]
    return _document(left + side + max(right, 270 - left - side), top + high + 36, title or "Attention weights",
                     words, colours, parts)  # fmt: skip


def _cells(info: HeatmapInfo, colours: Theme, cell: float) -> Iterator[str]:
    """Every weight as a square with its digits."""
    for q, row in enumerate(info.weights.tolist()):
        for k, weight in enumerate(row):
            colour = weight_colour(colours, weight)
            yield (
                f'<rect x="{k * cell:.2f}" y="{q * cell:.2f}" width="{cell - 1:.2f}" height="{cell - 1:.2f}" '
                f'rx="2" fill="{colour}"/>'
            )
            if figures := weight_digits(weight):
                middle = (k + 0.5) * cell - 0.5, (q + 0.5) * cell + 3
                yield _text(figures, *middle, "middle", ink_on(colour), size=10.5)


def _merged_cells(info: HeatmapInfo, colours: Theme, cell: float) -> Iterator[str]:
    """The weights to two decimals, with runs of equal weights as one rectangle, which keeps long texts small."""
    for q, row in enumerate(info.weights.round(2).tolist()):
        for weight, run in groupby(range(len(row)), key=row.__getitem__):
            columns = list(run)
            yield (
                f'<rect x="{columns[0] * cell:.2f}" y="{q * cell:.2f}" width="{len(columns) * cell:.2f}" '
                f'height="{cell:.2f}" fill="{weight_colour(colours, weight)}"/>'
            )


def _axis_labels(info: HeatmapInfo, colours: Theme, cell: float) -> Iterator[str]:
    """The labels of rows and columns, and the frames of the selection."""
    query, key = info.selected or (None, None)
    for i in labelled_indices(len(info.queries), cell, query):
        ink, bold = (colours.query, True) if i == query else (colours.ink, False)
        yield _text(bidi_isolated(info.queries[i]), -8, (i + 0.5) * cell + 4, "end", ink, bold=bold)
    for i in labelled_indices(len(info.keys), cell, key, MIN_LABEL_GAP):
        ink, bold = (colours.key, True) if i == key else (colours.ink, False)
        yield _text(bidi_isolated(info.keys[i]), (i + 0.5) * cell + 3, -8, "start", ink, turn=-LABEL_ANGLE, bold=bold)
    for (x0, y0, x1, y1), colour, thick in frames(info, colours):
        yield (
            f'<rect x="{x0 * cell - 0.5:.2f}" y="{y0 * cell - 0.5:.2f}" width="{(x1 - x0) * cell:.2f}" '
            f'height="{(y1 - y0) * cell:.2f}" rx="3" fill="none" stroke="{colour}" stroke-width="{thick}"/>'
        )


def graph_svg(info: GraphInfo, *, theme: ThemeName = "light", title: str | None = None) -> str:
    """A graph as an SVG."""
    colours, arc = theme_of(theme), info.layout == "arc"
    left, right, bottom, top = info.window
    scales = {"arc": (WIDE / (right - left), ARC_RISE), "circle": (CIRCLE_RADIUS, CIRCLE_RADIUS),
              "columns": (ACROSS, info.height)}  # fmt: skip
    across, up = scales[info.layout]
    turn = _label_angle(info, across) if arc else 0
    before, below, after = 10.0, 10.0, 10.0
    if info.layout == "columns":
        after, before = label_room(info)
    for label in info.labels if arc else ():
        wide = text_width(info.nodes[label.node].text)
        before = max(before, wide * math.cos(math.radians(turn)) - (label.x - left) * across + 8 if turn else 0)
        below = max(below, wide * math.sin(math.radians(-turn)) + 2 * LINE_HEIGHT)

    def place(x: float, y: float) -> tuple[float, float]:
        return before + (x - left) * across, 10 + (top - y) * up

    parts = [line for edge in reversed(info.edges) for line in _edge(info, edge, colours, place)]
    parts += [_dot(info, i, colours, place) for i in range(len(info.nodes))]
    for label in info.labels:
        node, colour = info.nodes[label.node], node_colour(info, label.node, colours)
        ink = colour or (colours.muted if node.special else colours.ink)
        (x, y), bold = place(label.x, label.y), colour is not None
        if turn:
            parts.append(_text(node.text, x + 4, y + 16, "end", ink, turn=turn, bold=bold))
        else:
            aside = {"start": NODE_RADIUS, "end": -NODE_RADIUS}.get(label.anchor, 0) if info.layout == "columns" else 0
            parts.append(_text(node.text, x + 2 * aside, y + (22 if arc else 4), label.anchor, ink, bold=bold))
    size = before + (right - left) * across + after, 10 + (top - bottom) * up + below
    return _document(*size, title or "Attention graph", alt_text(info), colours, parts)


def _label_angle(info: GraphInfo, across: float) -> int:
    """The angle of the labels below a line: 0 unless neighbours would overlap."""
    for a, b in pairwise(info.labels):
        if (text_width(info.nodes[a.node].text) + text_width(info.nodes[b.node].text)) / 2 + 6 > (b.x - a.x) * across:
            return label_angles(len(info.nodes))[0]
    return 0


def _edge(info: GraphInfo, edge: Edge, colours: Theme, place: ToPixels) -> list[str]:
    """A curve and its arrowhead."""
    start, *rest = (f"{x:.2f} {y:.2f}" for x, y in (place(*point) for point in edge.curve.tolist()))
    x, y = place(*info.nodes[info.first_key + edge.key][:2])
    half, base = edge.head / 3, NODE_RADIUS + edge.head
    return [
        f'<path d="M{start} C{" ".join(rest)}" fill="none" stroke="{colours.query}" '
        f'stroke-width="{edge.width:.2f}" stroke-opacity="{edge.opacity:.2f}"/>',
        f'<path d="M0 {NODE_RADIUS} L{half:.2f} {base:.2f} L{-half:.2f} {base:.2f} Z" '
        f'fill="{blend(colours.background, colours.query, edge.opacity)}" '
        f'transform="translate({x:.2f} {y:.2f}) rotate({edge.angle:.2f})"/>',
    ]


def _dot(info: GraphInfo, i: int, colours: Theme, place: ToPixels) -> str:
    """A token's dot."""
    (x, y), colour = place(info.nodes[i].x, info.nodes[i].y), node_colour(info, i, colours)
    radius = 5 if colour else dot_radius(len(info.nodes))
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="{colour or colours.muted}"/>'


def _text(
    words: str, x: float, y: float, anchor: str, ink: str, *, size: float = 12, turn: float = 0, bold: bool = False,
    family: str = MONO,
) -> str:  # fmt: skip
    """One run of text."""
    extra = f' transform="rotate({turn} {x:.2f} {y:.2f})"' if turn else ""
    extra += ' font-weight="700"' if bold else ""
    extra += f" font-family={quoteattr(family)}" if family != MONO else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" fill="{ink}" font-size="{size:g}"{extra}>'
        f"{escape(words)}</text>"
    )


def _document(width: float, height: float, title: str, words: str, colours: Theme, parts: list[str]) -> str:
    """An SVG document with a title and a description."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.2f} {height:.2f}" role="img" font-family={quoteattr(MONO)}>',
        f"<title>{escape(name_invisible(title))}</title>",
        f"<desc>{escape(words)}</desc>",
        f'<rect width="100%" height="100%" fill="{colours.background}"/>',
        *parts,
        "</svg>",
    ])  # fmt: skip
