"""The heatmap of one head as a Plotly figure, for notebooks and for export."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from figures.check import check_place, checked
from figures.labels import edge_words, label
from figures.theme import MONO, SANS, ThemeName
from figures.theme import theme as theme_of

MOST_DIGITS = 24  # tokens: beyond it digits do not fit into the cells
MOST_LABELS = 48


def attention_heatmap(
    pattern: np.ndarray,
    tokens: Sequence[str],
    *,
    selected: tuple[int, int] | None = None,
    theme: ThemeName = "light",
) -> go.Figure:
    """Attention weights as a heatmap: rows ask, columns answer.

    pattern:  [query, key], one head of `trace.pattern(layer)`; weights from 0 to 1
    tokens:   [position], `trace.tokens`
    selected: the query and key to frame

    Raises ValueError when the shapes do not fit or the numbers are no weights.
    """
    weights, colours, n = checked(pattern, tokens), theme_of(theme), len(tokens)
    names = list(tokens)
    places = list(range(0, n, -(-n // MOST_LABELS)))
    axis = {
        "tickvals": places,
        "ticktext": [label(names[i]) for i in places],
        "showgrid": False,
        "zeroline": False,
        "tickfont": {"family": MONO, "size": 12},
    }
    hover = [[edge_words(names, q, k, weights[q, k]) for k in range(n)] for q in range(n)]
    scale = [[(i / (len(colours.weights) - 1)) ** 2, c] for i, c in enumerate(colours.weights)]
    figure = go.Figure(
        data=[{
            "type": "heatmap", "z": weights, "zmin": 0, "zmax": 1, "colorscale": scale, "text": hover,
            "hovertemplate": "%{text}<extra></extra>", "xgap": 1 if n <= MOST_DIGITS else 0,
            "ygap": 1 if n <= MOST_DIGITS else 0, "colorbar": {"title": {"text": "weight"}, "thickness": 10},
        }],
        layout={
            "xaxis": {**axis, "title": {"text": "answers (key)"}, "side": "top", "constrain": "domain"},
            "yaxis": {**axis, "title": {"text": "asks (query)"}, "autorange": "reversed", "scaleanchor": "x",
                      "constrain": "domain"},
            "font": {"family": SANS, "color": colours.ink},
            "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        },
    )  # fmt: skip
    if n <= MOST_DIGITS:
        figure.update_traces(texttemplate="%{z:.2f}")
    if selected is not None:
        query, key = selected
        check_place("query", query, n)
        check_place("key", key, n)
        figure.add_shape(
            type="rect", x0=key - 0.5, x1=key + 0.5, y0=query - 0.5, y1=query + 0.5,
            line={"color": colours.ink, "width": 2.5},
        )  # fmt: skip
    return figure
