"""Attention as a directed graph, from the asking token to the answering one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from attention_core.plot.figure import figure
from attention_core.plot.graph_info import GraphInfo, alt_text, graph_info, label_room, node_colour
from attention_core.plot.labels import inert, isolated, pair
from attention_core.plot.layout import NODE, dot, overhang, points, slants
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName, mixed
from attention_core.plot.theme import theme as theme_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["GraphInfo", "alt_text", "attention_graph", "clicked", "graph_info"]

STEPS = (0.03, 0.08, 0.16, 0.3, 0.5, 0.75)  # weights between which lines are drawn alike, as one trace
GRIPS = 480  # points on all edges together where an edge answers to the pointer
POINTS = 20  # of a curve
ARC_HEIGHT, CIRCLE_HEIGHT, BORDER = 250, 420, 14  # pixels
Trace = dict[str, Any]


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
    """Attention weights as a directed graph, its lines as wide as the weights.

    pattern:   [query, key], one head of `trace.pattern(layer)`; weights from 0 to 1
    tokens:    [query], `trace.tokens`
    key_tokens: [key], when other tokens answer than ask: they stand on the left, those that ask on the right
    query:     draw this token's edges alone; key: the answering token to mark
    threshold: leave out weights below it, 0 to 1
    strongest: keep so many edges a query
    layout:    "auto" is a circle up to 12 tokens, and arcs beyond or when one token alone asks
    special:   [position], the tokens that are drawn muted, such as [CLS]; those of the keys after the queries'

    Raises InputError when the shapes do not fit, the numbers are no weights, or a choice is out of range.
    """
    info = graph_info(
        pattern, tokens, key_tokens=key_tokens, query=query, key=key, threshold=threshold, strongest=strongest,
        layout=layout, special=special,
    )  # fmt: skip
    return _plot(info, theme_of(theme))


def _plot(info: GraphInfo, colours: Theme) -> go.Figure:
    """The Plotly figure: a trace for every step of width, and one each for grips, arrowheads and tokens."""
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
            "font": {"family": MONO, "color": colours.ink},
            "bgcolor": colours.panel,
            "bordercolor": colours.line,
        },
        "xaxis": {"visible": False, "range": [left, right], "fixedrange": True},
        "yaxis": {"visible": False, "range": [bottom, top], "fixedrange": True},
    }
    if arc:
        # Tick labels, since Plotly turns those as far as the page's width asks for.
        layout["margin"]["l"] += overhang([node.text for node in info.nodes], info.labels)
        layout["xaxis"] |= {
            "visible": True,
            "showgrid": False,
            "zeroline": False,
            "tickvals": [label.x for label in info.labels],
            "ticktext": [_name(info, label.node, colours) for label in info.labels],
            "tickfont": {"family": MONO, "size": 12},
            "autotickangles": [0, *slants(len(info.nodes))],
            "ticklabeloverflow": "allow",
            "automargin": "height",
        }
    elif across:
        layout["margin"] |= dict(zip("rl", label_room(info), strict=True))
    else:
        layout["yaxis"]["scaleanchor"] = "x"
    data = [*_lines(info, colours), _grips(info), _heads(info, colours), _tokens(info, colours)]
    if not arc:
        data.append(_names(info, colours))
    return figure(data, layout)


def _markers(at: np.ndarray, text: list[str], chooses: Sequence[list[int | None]], marker: dict[str, Any]) -> Trace:
    """Markers that say `text` under the pointer, and choose `chooses` when they are clicked."""
    shown = {"marker": {"opacity": marker["opacity"]}}
    return {
        "type": "scatter", "mode": "markers", "x": at[:, 0], "y": at[:, 1], "text": text, "hoverinfo": "text",
        "customdata": chooses, "marker": marker, "selected": shown, "unselected": shown, "cliponaxis": False,
    }  # fmt: skip


def _lines(info: GraphInfo, colours: Theme) -> list[Trace]:
    """The curves, gathered by width, the widest last and on top."""
    traces = []
    steps = np.digitize([edge.weight for edge in info.edges], STEPS)
    for step in range(len(STEPS) + 1):
        own = [edge for edge, its in zip(info.edges, steps, strict=True) if its == step]
        if not own:
            continue
        gap = np.full((len(own), 1, 2), np.nan)
        way = points(np.stack([edge.curve for edge in own]), np.linspace(0, 1, POINTS))
        line = np.concatenate([way, gap], axis=1).reshape(-1, 2).astype(np.float32)
        width, opacity = np.mean([[edge.width, edge.opacity] for edge in own], axis=0).round(2).tolist()
        traces.append({
            "type": "scatter", "mode": "lines", "x": line[:, 0], "y": line[:, 1], "hoverinfo": "skip",
            "opacity": opacity, "line": {"width": width, "color": colours.query, "shape": "spline", "simplify": False},
        })  # fmt: skip
    return traces


def _said(info: GraphInfo) -> list[str]:
    """What the pointer is told of each edge."""
    names = [inert(isolated(node.label)) for node in info.nodes]
    return [pair(names[edge.query], names[info.first_key + edge.key], edge.weight) for edge in info.edges]


def _grips(info: GraphInfo) -> Trace:
    """Unseen markers along every edge, so that it can be pointed at and clicked on its way."""
    many = min(GRIPS // max(len(info.edges), 1), 12)
    curves = np.array([edge.curve for edge in info.edges]).reshape(-1, 4, 2)
    return _markers(
        points(curves, np.linspace(0, 1, many + 2)[1:-1]).reshape(-1, 2).astype(np.float32),
        [text for text in _said(info) for _ in range(many)],
        [[edge.query, edge.key] for edge in info.edges for _ in range(many)],
        {"size": 12, "opacity": 0},
    )


def _heads(info: GraphInfo, colours: Theme) -> Trace:
    """All arrowheads, the strongest on top."""
    edges = info.edges[::-1]
    return _markers(
        np.array([info.nodes[info.first_key + edge.key][:2] for edge in edges]).reshape(-1, 2),
        _said(info)[::-1],
        [[edge.query, edge.key] for edge in edges],
        {
            "symbol": "arrow", "standoff": NODE, "line": {"width": 0}, "opacity": 1,
            "angle": [round(edge.angle, 1) for edge in edges],
            "size": [round(edge.head, 1) for edge in edges],
            "color": [mixed(colours.background, colours.query, edge.opacity) for edge in edges],
        },
    )  # fmt: skip


def _tokens(info: GraphInfo, colours: Theme) -> Trace:
    """All tokens as dots."""
    marks = [node_colour(info, i, colours) for i in range(len(info.nodes))]
    return _markers(
        np.array([[node.x, node.y] for node in info.nodes]),
        [inert(isolated(node.label)) for node in info.nodes],
        [[None, i - info.first_key] if 0 < info.first_key <= i else [i] for i in range(len(info.nodes))],
        {
            "size": [10 if mark else 2 * dot(len(marks)) for mark in marks], "line": {"width": 0}, "opacity": 1,
            "color": [mark or colours.muted for mark in marks],
        },
    )  # fmt: skip


def _names(info: GraphInfo, colours: Theme) -> Trace:
    """The tokens' names around a circle or beside columns."""
    sides = {"start": "middle right", "end": "middle left"}
    # Around a circle labels stand apart from the dots; beside a column, however wide, a space keeps them off.
    room = "\u00a0" if info.layout == "columns" else ""
    return {
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "cliponaxis": False,
        "x": [label.x for label in info.labels], "y": [label.y for label in info.labels],
        "text": [f"{room}{_name(info, label.node, colours)}{room}" for label in info.labels],
        "textposition": [sides.get(label.anchor, "middle center") for label in info.labels],
        "textfont": {"family": MONO, "size": 12, "color": colours.ink},
        # Without this, Plotly dims them once anything else is clicked.
        "unselected": {"textfont": {"color": colours.ink}},
    }  # fmt: skip


def _name(info: GraphInfo, i: int, colours: Theme) -> str:
    """A token's name in Plotly's markup."""
    text, colour = inert(info.nodes[i].text), node_colour(info, i, colours)
    if colour:
        return f'<b><span style="color:{colour}">{text}</span></b>'
    return f'<span style="color:{colours.muted}">{text}</span>' if info.nodes[i].special else text


def clicked(points: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    """The query and the key that a click in the chart chose: an edge gives both, a token the one that it is.

    points: what a Plotly chart hands back as selected, each with the `customdata` of its marker
    """
    for point in points:
        match point.get("customdata"):
            case [int(query)]:
                return query, None
            case [int() | None as query, int(key)]:
                return query, key
    return None, None
