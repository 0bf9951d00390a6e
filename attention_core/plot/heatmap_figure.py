"""The heatmap of one head: each row is a query, each column a key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from attention_core.errors import InputError
from attention_core.plot.check import PatternArray, check_position, checked_pattern
from attention_core.plot.figure import figure
from attention_core.plot.labels import bidi_isolated, edge_text, escape_plotly, short_label, text_width, weight_digits
from attention_core.plot.layout import LINE_HEIGHT, Bounds
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName, weight_colour
from attention_core.plot.theme import theme as theme_of
from attention_core.validate import summarize

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAX_TOKENS_WITH_DIGITS = 20  # with more tokens the cells are too small for digits on a typical page
MAX_SIDE = 520  # pixels
MAX_CELL = 34  # pixels
MIN_WIDTH = 230  # pixels, of all cells on a narrow page
LABEL_ANGLE = 48  # degrees, of the labels above the columns
MIN_LABEL_GAP = LINE_HEIGHT / math.sin(math.radians(LABEL_ANGLE))  # pixels between two columns


class HeatmapInfo(NamedTuple):
    """A heatmap before it is drawn. queries, keys: the labels of rows and columns."""

    weights: PatternArray
    queries: list[str]
    keys: list[str]
    selected: tuple[int, int] | None


def attention_heatmap(
    pattern: ArrayLike,
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    selected: tuple[int, int] | None = None,
    theme: ThemeName = "light",
) -> go.Figure:
    """Attention weights as a heatmap.

    pattern:    [query, key], one head of `trace.pattern(layer)`; weights from 0 to 1
    tokens:     [query], `trace.tokens`
    key_tokens: [key], in cross-attention
    selected:   the query and the key to highlight

    Raises InputError if the shapes do not match, the numbers are not weights, or the cell is out of range.
    """
    return _heatmap_figure(heatmap_info(pattern, tokens, key_tokens, selected), theme_of(theme))


def heatmap_info(
    pattern: ArrayLike,
    tokens: Sequence[str],
    key_tokens: Sequence[str] | None = None,
    selected: tuple[int, int] | None = None,
) -> HeatmapInfo:
    """The contents of the heatmap; arguments and errors as for `attention_heatmap`."""
    keys = tokens if key_tokens is None else key_tokens
    weights = checked_pattern(pattern, tokens, keys)
    if selected is not None:
        if not isinstance(selected, tuple) or len(selected) != 2:
            raise InputError(f"expected selected to be a pair of a query and a key, got {summarize(selected)}")
        check_position("the selected query", selected[0], len(tokens))
        check_position("the selected key", selected[1], len(keys))
    return HeatmapInfo(weights, [*map(short_label, tokens)], [*map(short_label, keys)], selected)


def labelled_indices(n: int, cell: float, chosen: int | None, line: float = LINE_HEIGHT) -> list[int]:
    """The rows or columns to label: those that have `line` pixels, and always the chosen one."""
    every = max(1, math.ceil(line / cell))
    free = [i for i in range(0, n, every) if chosen is None or abs(i - chosen) >= every]
    return sorted(free if chosen is None else [*free, chosen])


def margins(info: HeatmapInfo, cell: float) -> tuple[float, float, float]:
    """The space in pixels for the labels to the left of the cells, above them, and to the right."""
    lean, rise = math.cos(math.radians(LABEL_ANGLE)), math.sin(math.radians(LABEL_ANGLE))
    widths = [text_width(name) for name in info.keys]
    right = max(wide * lean - (len(widths) - i - 0.5) * cell for i, wide in enumerate(widths))
    return max(map(text_width, info.queries)) + 10, max(widths) * rise + 12, max(right, 0) + 8


def frames(info: HeatmapInfo, colours: Theme) -> list[tuple[Bounds, str, float]]:
    """The frames of the selected row, column and cell: left, top, right, bottom in cells; colour; width in pixels."""
    if info.selected is None:
        return []
    (query, key), (rows, columns) = info.selected, info.weights.shape
    return [
        ((0, query, columns, query + 1), colours.query, 1.5),
        ((key, 0, key + 1, rows), colours.key, 1.5),
        ((key, query, key + 1, query + 1), colours.ink, 2.5),
    ]


def _heatmap_figure(info: HeatmapInfo, colours: Theme) -> go.Figure:
    """The Plotly figure. Its axes are numeric with token labels: a categorical axis would merge equal tokens."""
    rows, columns = info.weights.shape
    cell = min(MAX_SIDE / max(rows, columns), MAX_CELL)
    left, top, _ = margins(info, cell)
    _, _, right = margins(info, min(cell, MIN_WIDTH / columns))
    few = max(rows, columns) <= MAX_TOKENS_WITH_DIGITS
    query, key = info.selected or (None, None)
    queries, keys = ([escape_plotly(bidi_isolated(name)) for name in names] for names in (info.queries, info.keys))
    across = _ticks(keys, labelled_indices(columns, cell, key, MIN_LABEL_GAP), key, colours.key)
    down = _ticks(queries, labelled_indices(rows, cell, query), query, colours.query)
    axis = {
        "showgrid": False, "zeroline": False, "constrain": "domain", "fixedrange": True,
        "ticklabelstandoff": 5, "ticklabeloverflow": "allow",
    }  # fmt: skip
    font = {"family": MONO, "size": 12}
    trace = {
        "type": "heatmap",
        "z": info.weights.astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[step / 40, weight_colour(colours, step / 40)] for step in range(41)],
        "showscale": False,
        "xgap": 1 if cell > 8 else 0,
        "ygap": 1 if cell > 8 else 0,
        "hovertext": [
            [edge_text(query_label, key_label, weight) for key_label, weight in zip(keys, row, strict=True)]
            for query_label, row in zip(queries, info.weights.tolist(), strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if few:
        trace |= {"text": [[weight_digits(weight) for weight in row] for row in info.weights.tolist()],
                  "texttemplate": "%{text}", "textfont": {"family": MONO}}  # fmt: skip
    layout: dict[str, Any] = {
        "height": top + 40 + max(rows * cell, 120),
        "margin": {"l": left + 30, "t": top + 30, "r": right, "b": 10},
        "font": {"family": SANS, "color": colours.ink},
        "hoverlabel": {
            "font": {"family": MONO, "color": colours.ink}, "bgcolor": colours.panel, "bordercolor": colours.line,
        },
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {
            **axis, **across, "side": "top", "tickangle": -LABEL_ANGLE, "tickfont": font, "constraintoward": "left",
            "title": {"text": "key", "font": {"color": colours.key}},
        },
        "yaxis": {
            **axis, **down, "autorange": "reversed", "tickfont": font, "scaleanchor": "x", "constraintoward": "top",
            "title": {"text": "query", "font": {"color": colours.query}},
        },
        "shapes": [
            {"type": "rect", "x0": x0 - 0.5, "y0": y0 - 0.5, "x1": x1 - 0.5, "y1": y1 - 0.5,
             "line": {"color": colour, "width": thick}}
            for (x0, y0, x1, y1), colour, thick in frames(info, colours)
        ],
    }  # fmt: skip
    return figure([trace], layout)


def _ticks(names: Sequence[str], indices: list[int], chosen: int | None, colour: str) -> dict[str, Any]:
    """Labels in Plotly's markup as ticks, the chosen one in its colour."""
    bold = f'<b><span style="color:{colour}">'
    texts = [f"{bold}{names[i]}</span></b>" if i == chosen else names[i] for i in indices]
    return {"tickvals": indices, "ticktext": texts}
