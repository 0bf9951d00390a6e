"""Attention as a directed graph, from query tokens to key tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from attention_core.plot.figure import figure
from attention_core.plot.graph_info import GraphInfo, alt_text, graph_info, label_room, node_colour
from attention_core.plot.labels import bidi_isolated, edge_text, escape_plotly
from attention_core.plot.layout import NODE_RADIUS, curve_points, dot_radius, label_angles, label_overhang
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName, blend
from attention_core.plot.theme import theme as theme_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["GraphInfo", "alt_text", "attention_graph", "clicked", "graph_info", "graph_spec"]

WIDTH_STEPS = (0.03, 0.08, 0.16, 0.3, 0.5, 0.75)  # bounds between weights whose edges share one trace and width
MAX_HIT_POINTS = 480  # on all edges together
CURVE_POINTS = 20  # of a curve
ARC_HEIGHT, CIRCLE_HEIGHT, BORDER = 250, 420, 14  # pixels
PlotlyTrace = dict[str, Any]


class GraphSpec(TypedDict):
    """A Plotly figure as data; the positions in a trace are NumPy arrays."""

    data: list[PlotlyTrace]
    layout: dict[str, Any]


def attention_graph(
    pattern: ArrayLike,
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    query: int | None = None,
    key: int | None = None,
    threshold: float = 0.0,
    strongest: int | None = None,
    layout: Literal["auto", "circle", "arc"] = "auto",
    special: Sequence[bool] | None = None,
    theme: ThemeName = "light",
) -> go.Figure:
    """Attention weights as a directed graph, with edges as wide as their weights.

    pattern:   [query, key], one head of `trace.pattern(layer)`; weights from 0 to 1
    tokens:    [query], `trace.tokens`
    key_tokens: [key], in cross-attention; keys are drawn on the left, queries on the right
    query:     draw only this token's edges; key: the key token to highlight
    threshold: leave out weights below it, 0 to 1
    strongest: keep this many edges for each query
    layout:    "auto" is a circle up to 12 tokens, and arcs for more or for a single query
    special:   [position], the tokens to mute, such as [CLS]; with key_tokens, queries first and then keys

    Raises InputError if the shapes do not match, the numbers are not weights, or an option is out of range.
    """
    info = graph_info(
        pattern, tokens, key_tokens=key_tokens, query=query, key=key, threshold=threshold, strongest=strongest,
        layout=layout, special=special,
    )  # fmt: skip
    return figure(**graph_spec(info, theme))


def graph_spec(info: GraphInfo, theme: ThemeName) -> GraphSpec:
    """The figure as data: a trace for each line width, and one each for hit points, arrowheads and tokens."""
    colours = theme_of(theme)
    left, right, bottom, top = info.window
    arc, across = info.layout == "arc", info.layout == "columns"
    layout: dict[str, Any] = {
        "height": ARC_HEIGHT if arc else info.height + 2 * BORDER if across else CIRCLE_HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 4, "b": 56 if arc else 4},
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 25,
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "color": colours.ink},
        "hoverlabel": {
            "align": "left",
            "font": {"family": MONO, "color": colours.ink},
            "bgcolor": colours.panel,
            "bordercolor": colours.line,
        },
        "xaxis": {"visible": False, "range": [left, right], "fixedrange": True},
        "yaxis": {"visible": False, "range": [bottom, top], "fixedrange": True},
    }
    if arc:
        # Tick labels, because Plotly rotates these to fit the page width.
        layout["margin"]["l"] += label_overhang([node.text for node in info.nodes], info.labels)
        layout["xaxis"] |= {
            "visible": True,
            "showgrid": False,
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "tickvals": [label.x for label in info.labels],
            "ticktext": [_label_markup(info, label.node, colours) for label in info.labels],
            "tickfont": {"family": MONO, "size": 12},
            "autotickangles": [0, *label_angles(len(info.nodes))],
            "ticklabeloverflow": "allow",
            "automargin": "height",
        }
    elif across:
        layout["margin"] |= dict(zip("rl", label_room(info), strict=True))
    else:
        layout["yaxis"]["scaleanchor"] = "x"
    data = [*_edge_lines(info, colours), _hit_points(info), _arrowheads(info, colours), _token_dots(info, colours)]
    if not arc:
        data.append(_token_labels(info, colours))
    return {"data": data, "layout": layout}


def _markers(
    at: np.ndarray, text: list[str], selects: Sequence[list[int | None]], marker: dict[str, Any]
) -> PlotlyTrace:
    """Markers that show `text` on hover and select `selects` on click."""
    shown = {"marker": {"opacity": marker["opacity"]}}
    return {
        "type": "scatter", "mode": "markers", "x": at[:, 0], "y": at[:, 1], "text": text, "hoverinfo": "text",
        "customdata": selects, "marker": marker, "selected": shown, "unselected": shown, "cliponaxis": False,
    }  # fmt: skip


def _edge_lines(info: GraphInfo, colours: Theme) -> list[PlotlyTrace]:
    """The curves, grouped by width, with the widest on top."""
    traces = []
    steps = np.digitize([edge.weight for edge in info.edges], WIDTH_STEPS)
    for step in range(len(WIDTH_STEPS) + 1):
        group = [edge for edge, its in zip(info.edges, steps, strict=True) if its == step]
        if not group:
            continue
        gap = np.full((len(group), 1, 2), np.nan)
        way = curve_points(np.stack([edge.curve for edge in group]), np.linspace(0, 1, CURVE_POINTS))
        line = np.concatenate([way, gap], axis=1).reshape(-1, 2).astype(np.float32)
        width, opacity = np.mean([[edge.width, edge.opacity] for edge in group], axis=0).round(2).tolist()
        traces.append({
            "type": "scatter", "mode": "lines", "x": line[:, 0], "y": line[:, 1], "hoverinfo": "skip",
            "opacity": opacity, "line": {"width": width, "color": colours.query, "shape": "spline", "simplify": False},
        })  # fmt: skip
    return traces


def _edge_texts(info: GraphInfo) -> list[str]:
    """The hover text of each edge."""
    names = [escape_plotly(bidi_isolated(node.label)) for node in info.nodes]
    return [edge_text(names[edge.query], names[info.first_key + edge.key], edge.weight) for edge in info.edges]


def _hit_points(info: GraphInfo) -> PlotlyTrace:
    """Invisible markers along every edge, so it can be hovered and clicked anywhere."""
    many = min(MAX_HIT_POINTS // max(len(info.edges), 1), 12)
    curves = np.array([edge.curve for edge in info.edges]).reshape(-1, 4, 2)
    return _markers(
        curve_points(curves, np.linspace(0, 1, many + 2)[1:-1]).reshape(-1, 2).astype(np.float32),
        [text for text in _edge_texts(info) for _ in range(many)],
        [[edge.query, edge.key] for edge in info.edges for _ in range(many)],
        {"size": 12, "opacity": 0},
    )


def _arrowheads(info: GraphInfo, colours: Theme) -> PlotlyTrace:
    """The arrowheads, with the strongest on top."""
    edges = info.edges[::-1]
    return _markers(
        np.array([info.nodes[info.first_key + edge.key][:2] for edge in edges]).reshape(-1, 2),
        _edge_texts(info)[::-1],
        [[edge.query, edge.key] for edge in edges],
        {
            "symbol": "arrow", "standoff": NODE_RADIUS, "line": {"width": 0}, "opacity": 1,
            "angle": [round(edge.angle, 1) for edge in edges],
            "size": [round(edge.head, 1) for edge in edges],
            "color": [blend(colours.background, colours.query, edge.opacity) for edge in edges],
        },
    )  # fmt: skip


def _token_dots(info: GraphInfo, colours: Theme) -> PlotlyTrace:
    """The tokens as dots."""
    marks = [node_colour(info, i, colours) for i in range(len(info.nodes))]
    return _markers(
        np.array([[node.x, node.y] for node in info.nodes]),
        [escape_plotly(bidi_isolated(node.label)) for node in info.nodes],
        [[None, i - info.first_key] if 0 < info.first_key <= i else [i] for i in range(len(info.nodes))],
        {
            "size": [10 if mark else 2 * dot_radius(len(marks)) for mark in marks], "line": {"width": 0}, "opacity": 1,
            "color": [mark or colours.muted for mark in marks],
        },
    )  # fmt: skip


def _token_labels(info: GraphInfo, colours: Theme) -> PlotlyTrace:
    """The token labels around a circle or beside columns."""
    sides = {"start": "middle right", "end": "middle left"}
    # Labels around a circle are placed away from the dots; beside a column, a space separates them at any width.
    room = "\u00a0" if info.layout == "columns" else ""
    return {
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "cliponaxis": False,
        "x": [label.x for label in info.labels], "y": [label.y for label in info.labels],
        "text": [f"{room}{_label_markup(info, label.node, colours)}{room}" for label in info.labels],
        "textposition": [sides.get(label.anchor, "middle center") for label in info.labels],
        "textfont": {"family": MONO, "size": 12, "color": colours.ink},
        # Without this, Plotly dims the labels after a click elsewhere.
        "unselected": {"textfont": {"color": colours.ink}},
    }  # fmt: skip


def _label_markup(info: GraphInfo, i: int, colours: Theme) -> str:
    """A token's label in Plotly's markup."""
    text, colour = escape_plotly(info.nodes[i].text), node_colour(info, i, colours)
    if colour:
        return f'<b><span style="color:{colour}">{text}</span></b>'
    return f'<span style="color:{colours.muted}">{text}</span>' if info.nodes[i].special else text


def clicked(points: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    """The query and key selected by a click: both for an edge, one of them for a token.

    points: the selected points of a Plotly chart, each with the `customdata` of its marker
    """
    for point in points:
        match point.get("customdata"):
            case [int(query)]:
                return query, None
            case [int() | None as query, int(key)]:
                return query, key
    return None, None
