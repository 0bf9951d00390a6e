"""A graph before it is drawn: its edges, its geometry, and its alternative text."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core.errors import InputError
from attention_core.plot import columns
from attention_core.plot.check import PatternArray, check_position, checked_pattern
from attention_core.plot.labels import bidi_isolated, edge_text, short_label, text_width
from attention_core.plot.layout import (
    NODE_RADIUS,
    Bounds,
    Floats,
    Label,
    Layout,
    edge_curves,
    fit_labels,
    token_positions,
    visible_bounds,
)
from attention_core.plot.theme import Theme
from attention_core.validate import is_int, is_real, summarize

LAYOUTS = ("auto", "circle", "arc")

MAX_IN_CIRCLE = 12  # tokens; with more, a circle is unreadable
MAX_EDGES = 400
N_ALWAYS_LABELLED = 4  # strongest edges whose ends are always labelled


class Node(NamedTuple):
    """A token.

    weight: its attention weight for a single query; None if its edge is not drawn or it rounds to 0.00
    """

    x: float
    y: float
    label: str
    special: bool
    weight: float | None

    @property
    def text(self) -> str:
        """The label."""
        name = bidi_isolated(self.label)
        return name if self.weight is None else f"{name} {self.weight:.2f}"


class Edge(NamedTuple):
    """One weight as a line.

    width:   of the line, in pixels; smaller if there are many edges
    opacity: of the line, from 0 to 1; smaller if there are many edges
    head:    the length of the arrowhead in pixels
    curve:   [4, 2], the control points of a cubic Bézier curve from the query to the arrowhead
    angle:   the direction of the arrowhead, in degrees clockwise from up
    """

    query: int
    key: int
    weight: float
    width: float
    opacity: float
    head: float
    curve: Floats
    angle: float


class GraphInfo(NamedTuple):
    """A graph before it is drawn.

    nodes:    the query tokens; in cross-attention the key tokens follow, from `first_key` on
    edges:    strongest first
    labels:   the labels that fit
    window:   the visible part of the plane
    left_out: how many edges passed the filters but exceed MAX_EDGES
    height:   of the two columns, in pixels
    """

    nodes: list[Node]
    edges: list[Edge]
    labels: list[Label]
    layout: Layout
    window: Bounds
    query: int | None
    key: int | None
    left_out: int
    first_key: int = 0
    height: float = 0.0


def graph_info(
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
) -> GraphInfo:
    """The contents of the graph; arguments and errors as for `attention_graph`."""
    keys_named = tokens if key_tokens is None else key_tokens
    weights, n, n_key = checked_pattern(pattern, tokens, keys_named), len(tokens), len(keys_named)
    names = [*tokens, *(key_tokens or ())]
    check_position("query", query, n)
    check_position("key", key, n_key)
    if layout not in LAYOUTS:
        raise InputError(f"expected a layout of {', '.join(LAYOUTS)}, got {summarize(layout)}")
    if not (is_real(threshold) and 0 <= threshold <= 1):
        raise InputError(f"expected a threshold from 0 to 1, the range of the weights, got {summarize(threshold)}")
    if strongest is not None and not (is_int(strongest) and strongest >= 1):
        raise InputError(f"expected strongest to be at least 1 edge per query, or None, got {summarize(strongest)}")
    if special is not None and len(special) != len(names):
        raise InputError(
            f"expected special to have a flag for each of the {len(names)} tokens, got {len(special)} flags"
        )

    queries, keys = _select_edges(weights, query, threshold, strongest)
    left_out = max(len(queries) - MAX_EDGES, 0)
    queries, keys = queries[:MAX_EDGES], keys[:MAX_EDGES]
    strengths = weights[queries, keys]
    shrink = min(1.0, (30 / max(len(queries), 1)) ** 0.5)
    widths, opacities = 1 + 8.5 * shrink * strengths, (0.3 + 0.6 * strengths) * shrink**0.5
    heads = 6 + 1.6 * widths
    shape, first_key, high = _shape(layout, n, query), 0, 0.0
    if key_tokens is None:
        at, longest = token_positions(shape, n), n - 1 if query is None else max(query, n - 1 - query)
        ways, angles = edge_curves(shape, n, queries, keys, heads, longest)
    else:
        shape, first_key, high = "columns", n, columns.column_height(n, n_key)
        at = columns.column_positions(n, n_key)
        ways, angles = columns.column_edges(at[queries], at[first_key + keys], heads, high)
    fields = (queries, keys, strengths, widths, opacities, heads)
    plain = zip(*(column.tolist() for column in fields), ways, angles.tolist(), strict=True)
    edges = [Edge(*row) for row in plain]

    key_weights = {} if query is None else {first_key + edge.key: edge.weight for edge in edges if edge.weight >= 0.005}
    flags = special or [False] * len(names)
    nodes = [
        Node(x, y, short_label(token), bool(flag), key_weights.get(i))
        for i, ((x, y), token, flag) in enumerate(zip(at.tolist(), names, flags, strict=True))
    ]
    ends = [end for edge in edges for end in (first_key + edge.key, edge.query)]
    marked = [i for i in (query, None if key is None else first_key + key) if i is not None]
    if key_tokens is None:
        texts, loops = [node.text for node in nodes], {edge.key for edge in edges if edge.key == edge.query}
        shown = fit_labels(shape, texts, [*marked, *ends[: 2 * N_ALWAYS_LABELLED]], ends, loops)
        visible = visible_bounds(shape, texts, loops)
    else:
        shown, visible = columns.column_labels(n, n_key, [*marked, *ends]), columns.COLUMN_BOUNDS
    return GraphInfo(nodes, edges, shown, shape, visible, query, key, left_out, first_key, high)


def _shape(layout: Literal["auto", "circle", "arc"], n: int, query: int | None) -> Layout:
    """The layout for self-attention."""
    circle = layout == "circle" or (layout == "auto" and query is None and 1 < n <= MAX_IN_CIRCLE)
    return "circle" if circle else "arc"


def _select_edges(
    weights: PatternArray, query: int | None, threshold: float, strongest: int | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The queries and keys of the edges to draw, strongest first; weights of 0 are left out."""
    keep = (weights >= threshold) & (weights > 0)
    if strongest is not None:
        rank = np.argsort(np.argsort(-weights, axis=1, kind="stable"), axis=1)
        keep &= rank < strongest
    if query is not None:
        keep[np.arange(len(keep)) != query] = False
    queries, keys = np.nonzero(keep)
    order = np.argsort(-weights[queries, keys], kind="stable")
    return queries[order], keys[order]


def node_colour(info: GraphInfo, i: int, colours: Theme) -> str | None:
    """The colour of the selected query or key token; None for all others."""
    key = None if info.key is None else info.first_key + info.key
    return colours.query if i == info.query else colours.key if i == key else None


def label_room(info: GraphInfo) -> tuple[float, float]:
    """The widths in pixels of the labels to the right and to the left of the two columns."""
    widths = {anchor: [text_width(info.nodes[each.node].text) for each in info.labels if each.anchor == anchor]
              for anchor in ("start", "end")}  # fmt: skip
    return max(widths["start"]) + 3 * NODE_RADIUS, max(widths["end"]) + 3 * NODE_RADIUS


def alt_text(info: GraphInfo) -> str:
    """One sentence that names the strongest edges, for screen readers."""
    named, names = info.edges[:5], [bidi_isolated(node.label) for node in info.nodes]
    keys = names[info.first_key :]
    more = f", and {len(info.edges) + info.left_out - len(named)} weaker" if len(info.edges) > len(named) else ""
    if info.query is None:
        edges = ", ".join(edge_text(names[e.query], keys[e.key], e.weight) for e in named) or "none is shown"
        return f"Strongest attention weights: {edges}{more}."
    edges = ", ".join(f"{keys[e.key]} {e.weight:.2f}" for e in named) or "no weight is shown"
    return f"From “{names[info.query]}”: {edges}{more}."
