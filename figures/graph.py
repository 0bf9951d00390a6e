"""Attention as a directed graph, from the asking token to the answering one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from figures.check import check_place, checked
from figures.labels import edge_words, label, short
from figures.layout import Curve, Layout, curve, heading, positions
from figures.theme import MONO, SANS, Theme, ThemeName
from figures.theme import theme as theme_of

CIRCLE_MOST = 12  # tokens; with more of them a circle is a hairball
MOST_EDGES = 400
BUCKETS = 6  # of line widths, each one trace, so that the number of traces stays small
ARC_HEIGHT, CIRCLE_HEIGHT = 230, 400  # pixels
MOST_LABELS = 32
ACROSS = 88  # characters on a line of labels of 640 pixels


class Edge(NamedTuple):
    """One weight as a line."""

    query: int
    key: int
    weight: float
    curve: Curve


class GraphInfo(NamedTuple):
    """A graph before it is drawn. left_out: how many edges were too many to draw."""

    tokens: list[str]
    layout: Layout
    places: np.ndarray
    edges: list[Edge]
    left_out: int
    query: int | None
    key: int | None


def attention_graph(
    pattern: np.ndarray,
    tokens: Sequence[str],
    *,
    query: int | None = None,
    key: int | None = None,
    threshold: float = 0.0,
    strongest: int | None = None,
    layout: Literal["auto", "circle", "arc"] = "auto",
    theme: ThemeName = "light",
) -> go.Figure:
    """Attention weights as a directed graph, its lines as wide as the weights.

    pattern:   [query, key], one head of `trace.pattern(layer)`; weights from 0 to 1
    tokens:    [position], `trace.tokens`
    query:     draw this token's edges alone, as arcs; key: the answering token to mark
    threshold: leave out weights below it
    strongest: keep so many edges a query
    layout:    "auto" is a circle up to 12 tokens and arcs beyond

    Raises ValueError when the shapes do not fit, the numbers are no weights, or a choice is out of range.
    """
    info = graph_info(pattern, tokens, query=query, key=key, threshold=threshold, strongest=strongest, layout=layout)
    return plot(info, theme_of(theme))


def graph_info(
    pattern: np.ndarray,
    tokens: Sequence[str],
    *,
    query: int | None = None,
    key: int | None = None,
    threshold: float = 0.0,
    strongest: int | None = None,
    layout: Literal["auto", "circle", "arc"] = "auto",
) -> GraphInfo:
    """What the graph shows, strongest edge first; arguments as for `attention_graph`."""
    weights, n = checked(pattern, tokens), len(tokens)
    check_place("query", query, n)
    check_place("key", key, n)
    if strongest is not None and strongest < 1:
        raise ValueError(f"Expected strongest of at least 1, got {strongest}.")
    chosen: Layout = layout if layout != "auto" else "circle" if query is None and n <= CIRCLE_MOST else "arc"
    places = positions(chosen, n)
    kept = weights.copy()
    if query is not None:
        kept[np.arange(n) != query] = -1
    if strongest is not None and strongest < n:
        weaker = np.argsort(-kept, axis=1, kind="stable")[:, strongest:]
        np.put_along_axis(kept, weaker, -1, axis=1)
    asks, answers = np.nonzero(kept >= max(threshold, 1e-9))
    order = np.argsort(-kept[asks, answers], kind="stable")
    edges = [
        Edge(int(q), int(k), float(kept[q, k]), curve(chosen, places, int(q), int(k)))
        for q, k in zip(asks[order[:MOST_EDGES]], answers[order[:MOST_EDGES]], strict=True)
    ]
    return GraphInfo(list(tokens), chosen, places, edges, max(len(order) - MOST_EDGES, 0), query, key)


def bucket(weight: float) -> int:
    """Which line width a weight is drawn with: 0 to BUCKETS - 1."""
    return min(int(weight * BUCKETS), BUCKETS - 1)


def stroke(step: int) -> tuple[float, float]:
    """The width in pixels and the opacity of a bucket's lines."""
    share = (step + 0.5) / BUCKETS
    return 0.8 + 7.5 * share, 0.35 + 0.5 * share


def plot(info: GraphInfo, colours: Theme) -> go.Figure:
    """The Plotly figure of a graph: a trace for each line width, one for all arrowheads, one for all tokens."""
    arc = info.layout == "arc"
    layout: dict[str, Any] = {
        "height": ARC_HEIGHT if arc else CIRCLE_HEIGHT,
        "margin": {"l": 12, "r": 12, "t": 6, "b": 6},
        "showlegend": False, "hovermode": "closest", "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "color": colours.ink},
        "hoverlabel": {"font": {"family": MONO}},
        "xaxis": {"visible": False, "range": [-1.5, 1.5]},
        "yaxis": {"visible": False, "range": [-1.25, 1.25], "scaleanchor": "x"},
    }  # fmt: skip
    if arc:
        shown = labelled(info)
        layout["xaxis"] = {
            "range": [-0.6, max(len(info.tokens) - 0.4, 0.6)], "showgrid": False, "zeroline": False,
            "tickvals": shown, "ticktext": [tick(info, i, colours) for i in shown], "automargin": True,
            "tickfont": {"family": MONO, "size": 11.5}, "fixedrange": True,
        }  # fmt: skip
        sizes = [len(short(info.tokens[i])) for i in shown]
        room = [(b - a) * ACROSS / len(info.tokens) for a, b in itertools.pairwise(shown)]
        crowded = any((a + b) / 2 + 1 > gap for (a, b), gap in zip(itertools.pairwise(sizes), room, strict=True))
        layout["xaxis"]["tickangle"] = -40 if crowded else 0
        highest = max((float(edge.curve[:, 1].max()) for edge in info.edges), default=1.0)
        layout["yaxis"] = {"visible": False, "range": [-0.08 * highest, 1.08 * highest], "fixedrange": True}
    return go.Figure(data=[*lines(info, colours), heads(info, colours), nodes(info, colours)], layout=layout)


def lines(info: GraphInfo, colours: Theme) -> list[dict[str, Any]]:
    """The curves, gathered by width; along each the hover names its edge."""
    traces = []
    for step in range(BUCKETS):
        own = [edge for edge in info.edges if bucket(edge.weight) == step]
        width, opacity = stroke(step)
        xs: list[float | None] = []
        ys: list[float | None] = []
        text: list[str] = []
        for edge in own:
            xs += [*edge.curve[:, 0].round(4).tolist(), None]
            ys += [*edge.curve[:, 1].round(4).tolist(), None]
            text += [edge_words(info.tokens, edge.query, edge.key, edge.weight)] * (len(edge.curve) + 1)
        if own:
            traces.append({
                "type": "scatter", "mode": "lines", "x": xs, "y": ys, "text": text, "hoverinfo": "text",
                "line": {"width": width, "color": colours.query}, "opacity": opacity,
            })  # fmt: skip
    return traces


def heads(info: GraphInfo, colours: Theme) -> dict[str, Any]:
    """All arrowheads; a click on one gives its query and key."""
    highest = max((float(edge.curve[:, 1].max()) for edge in info.edges), default=1.0)
    lift = 0.045 * highest if info.layout == "arc" else 0.0
    return {
        "type": "scatter", "mode": "markers", "hoverinfo": "text",
        "x": [edge.curve[-1][0] for edge in info.edges],
        "y": [edge.curve[-1][1] + lift for edge in info.edges],
        "text": [edge_words(info.tokens, edge.query, edge.key, edge.weight) for edge in info.edges],
        "customdata": [[edge.query, edge.key] for edge in info.edges],
        "marker": {
            "symbol": "triangle-up", "color": colours.query, "line": {"width": 0},
            "angle": [heading(edge.curve, info.layout) for edge in info.edges],
            "size": [8 + 6 * edge.weight for edge in info.edges],
            "opacity": [stroke(bucket(edge.weight))[1] for edge in info.edges],
        },
        "unselected": {"marker": {"opacity": 0.8}},
    }  # fmt: skip


def nodes(info: GraphInfo, colours: Theme) -> dict[str, Any]:
    """All tokens; a click on one gives its place."""
    marked = [node_colour(info, i, colours) for i in range(len(info.tokens))]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "hoverinfo": "text",
        "x": info.places[:, 0].tolist(), "y": info.places[:, 1].tolist(),
        "text": [label(token) for token in info.tokens],
        "customdata": [[i] for i in range(len(info.tokens))],
        "marker": {"size": [11 if c != colours.muted else 8 for c in marked], "color": marked},
        "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    if info.layout == "circle":
        sides = ["right" if x > 0.3 else "left" if x < -0.3 else "center" for x in info.places[:, 0]]
        levels = ["top" if y > 0.3 else "bottom" if y < -0.3 else "middle" for y in info.places[:, 1]]
        trace |= {
            "mode": "markers+text",
            "textposition": [f"{level} {side}" for level, side in zip(levels, sides, strict=True)],
            "textfont": {"family": MONO, "size": 12, "color": marked_text(marked, colours)},
            "cliponaxis": False,
        }
    return trace


def node_colour(info: GraphInfo, place: int, colours: Theme) -> str:
    """Blue for the token that asks, orange for the one that answers."""
    return colours.query if place == info.query else colours.key if place == info.key else colours.muted


def marked_text(marked: list[str], colours: Theme) -> list[str]:
    """The labels' colours: ink, but for the two that are marked."""
    return [colours.ink if colour == colours.muted else colour for colour in marked]


def labelled(info: GraphInfo) -> list[int]:
    """The tokens whose labels are shown: all when they are few, else some, and always those that matter."""
    n = len(info.tokens)
    every = -(-n // MOST_LABELS)
    wanted = {info.query, info.key} - {None}
    if every > 1:
        wanted |= {place for edge in info.edges[:4] for place in (edge.query, edge.key)}
    spread = {i for i in range(0, n, every) if all(i == w or abs(i - (w or 0)) >= every for w in wanted)}
    return sorted(spread | {int(place) for place in wanted if place is not None})


def tick(info: GraphInfo, place: int, colours: Theme) -> str:
    """A token's label below the line, and under it the weight that it gets from the one that asks."""
    text = label(info.tokens[place])
    colour = node_colour(info, place, colours)
    if colour != colours.muted:
        text = f'<span style="color:{colour}"><b>{text}</b></span>'
    got = next((edge.weight for edge in info.edges if info.query is not None and edge.key == place), None)
    return text if got is None else f"{text}<br>{got:.2f}"


def alt_text(info: GraphInfo) -> str:
    """One sentence that names the strongest edges, for those who do not see the picture."""
    told = ", ".join(
        f"{short(info.tokens[edge.query])} to {short(info.tokens[edge.key])} {edge.weight:.2f}"
        for edge in info.edges[:5]
    )
    return f"Directed graph of attention, {len(info.edges)} edges. Strongest: {told}." if told else "No edges."


def clicked(points: Sequence[Any]) -> tuple[int | None, int | None]:
    """The query and key that a click in the chart chose: an arrowhead gives both, a token the query alone."""
    for point in points:
        data = list(point.get("customdata") or [])
        if len(data) in (1, 2):
            return int(data[0]), int(data[1]) if len(data) == 2 else None
    return None, None
