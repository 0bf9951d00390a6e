"""The heatmap of one head: rows ask, columns answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from attention_core.errors import InputError
from attention_core.plot.check import Weights, check_place, checked
from attention_core.plot.figure import figure
from attention_core.plot.labels import digits, inert, isolated, pair, short, width
from attention_core.plot.layout import LINE, Box
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName, weight_colour
from attention_core.plot.theme import theme as theme_of
from attention_core.validate import told

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_DIGITS = 20  # tokens; with more of them the cells are too small on a usual page
SIDE = 520  # pixels
LARGEST_CELL = 34  # pixels
NARROWEST = 230  # pixels of all cells on a narrow page
TURN = 48  # degrees by which the names above the columns rise
SLOPE = LINE / math.sin(math.radians(TURN))  # pixels between two columns whose names do not touch


class HeatmapInfo(NamedTuple):
    """A heatmap before it is drawn. queries, keys: the names of the rows and of the columns."""

    weights: Weights
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
    key_tokens: [key], when other tokens answer than ask
    selected:   the query and the key to frame

    Raises InputError when the shapes do not fit, the numbers are no weights, or the cell is out of range.
    """
    return _plot(heatmap_info(pattern, tokens, key_tokens, selected), theme_of(theme))


def heatmap_info(
    pattern: ArrayLike,
    tokens: Sequence[str],
    key_tokens: Sequence[str] | None = None,
    selected: tuple[int, int] | None = None,
) -> HeatmapInfo:
    """What the heatmap shows; arguments and errors as for `attention_heatmap`."""
    keys = tokens if key_tokens is None else key_tokens
    weights = checked(pattern, tokens, keys)
    if selected is not None:
        if not isinstance(selected, tuple) or len(selected) != 2:
            raise InputError(f"expected selected to be a pair of a query and a key, got {told(selected)}")
        check_place("the selected query", selected[0], len(tokens))
        check_place("the selected key", selected[1], len(keys))
    return HeatmapInfo(weights, [short(token) for token in tokens], [short(token) for token in keys], selected)


def labelled(n: int, cell: float, chosen: int | None, line: float = LINE) -> list[int]:
    """Which of n rows or columns have their name shown: all that have `line` pixels, and surely the chosen one."""
    every = max(1, math.ceil(line / cell))
    free = [i for i in range(0, n, every) if chosen is None or abs(i - chosen) >= every]
    return sorted(free if chosen is None else [*free, chosen])


def margins(info: HeatmapInfo, cell: float) -> tuple[float, float, float]:
    """How many pixels the names need to the left of the cells, above them, and to the right of them."""
    lean, rise = math.cos(math.radians(TURN)), math.sin(math.radians(TURN))
    widths = [width(name) for name in info.keys]
    right = max(wide * lean - (len(widths) - i - 0.5) * cell for i, wide in enumerate(widths))
    return max(map(width, info.queries)) + 10, max(widths) * rise + 12, max(right, 0) + 8


def frames(info: HeatmapInfo, colours: Theme) -> list[tuple[Box, str, float]]:
    """The frames of the selected row, column and cell: left, top, right, bottom in cells; colour; width in pixels."""
    if info.selected is None:
        return []
    (query, key), (rows, columns) = info.selected, info.weights.shape
    return [
        ((0, query, columns, query + 1), colours.query, 1.5),
        ((key, 0, key + 1, rows), colours.key, 1.5),
        ((key, query, key + 1, query + 1), colours.ink, 2.5),
    ]


def _plot(info: HeatmapInfo, colours: Theme) -> go.Figure:
    """The Plotly figure. Its axes are numbers with names as ticks: an axis of names would merge equal tokens."""
    rows, columns = info.weights.shape
    cell = min(SIDE / max(rows, columns), LARGEST_CELL)
    left, top, _ = margins(info, cell)
    _, _, right = margins(info, min(cell, NARROWEST / columns))
    few = max(rows, columns) <= MOST_DIGITS
    query, key = info.selected or (None, None)
    queries, keys = ([inert(isolated(name)) for name in names] for names in (info.queries, info.keys))
    across = _ticks(keys, labelled(columns, cell, key, SLOPE), key, colours.key)
    down = _ticks(queries, labelled(rows, cell, query), query, colours.query)
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
            [pair(asks, answers, weight) for answers, weight in zip(keys, row, strict=True)]
            for asks, row in zip(queries, info.weights.tolist(), strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if few:
        trace |= {"text": [[digits(weight) for weight in row] for row in info.weights.tolist()],
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
            **axis, **across, "side": "top", "tickangle": -TURN, "tickfont": font, "constraintoward": "left",
            "title": {"text": "answers (key)", "font": {"color": colours.key}},
        },
        "yaxis": {
            **axis, **down, "autorange": "reversed", "tickfont": font, "scaleanchor": "x", "constraintoward": "top",
            "title": {"text": "asks (query)", "font": {"color": colours.query}},
        },
        "shapes": [
            {"type": "rect", "x0": x0 - 0.5, "y0": y0 - 0.5, "x1": x1 - 0.5, "y1": y1 - 0.5,
             "line": {"color": colour, "width": thick}}
            for (x0, y0, x1, y1), colour, thick in frames(info, colours)
        ],
    }  # fmt: skip
    return figure([trace], layout)


def _ticks(names: Sequence[str], places: list[int], chosen: int | None, colour: str) -> dict[str, Any]:
    """Names in Plotly's markup as ticks, the chosen one in its colour."""
    bold = f'<b><span style="color:{colour}">'
    texts = [f"{bold}{names[i]}</span></b>" if i == chosen else names[i] for i in places]
    return {"tickvals": places, "ticktext": texts}
