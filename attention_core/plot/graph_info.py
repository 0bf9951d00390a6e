"""A graph before it is drawn: which edges are kept, where everything stands, and what it is in words."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core.errors import InputError
from attention_core.plot import columns
from attention_core.plot.check import Weights, check_place, checked
from attention_core.plot.labels import isolated, pair, short, width
from attention_core.plot.layout import NODE, Box, Label, Layout, Numbers, curves, labels, places, window
from attention_core.plot.theme import Theme
from attention_core.validate import is_number, is_whole, told

LAYOUTS = ("auto", "circle", "arc")

MOST_IN_CIRCLE = 12  # tokens; with more of them a circle is a hairball
MOST_EDGES = 400
SURELY_LABELLED = 4  # edges, the strongest, whose ends have their names shown


class Node(NamedTuple):
    """A token.

    answer: the weight that it gets when one token alone asks, unless no edge shows it or it rounds to 0.00
    """

    x: float
    y: float
    label: str
    special: bool
    answer: float | None

    @property
    def text(self) -> str:
        """What is written beside it."""
        name = isolated(self.label)
        return name if self.answer is None else f"{name} {self.answer:.2f}"


class Edge(NamedTuple):
    """One weight as a line.

    width, opacity: of the line, in pixels and from 0 to 1; less where many lines are drawn
    head:  the arrowhead's length in pixels
    curve: [4, 2], the control points of a cubic Bézier curve from the query to the arrowhead
    angle: where the arrowhead points, in degrees clockwise from up
    """

    query: int
    key: int
    weight: float
    width: float
    opacity: float
    head: float
    curve: Numbers
    angle: float


class GraphInfo(NamedTuple):
    """A graph before it is drawn.

    nodes:    the tokens that ask; where others answer, those after them, from `first_key` on
    edges:    strongest first
    labels:   the names that have room
    window:   what of the plane is seen
    left_out: how many edges passed every filter, but were too many to draw
    height:   of two columns, in pixels
    """

    nodes: list[Node]
    edges: list[Edge]
    labels: list[Label]
    layout: Layout
    window: Box
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
    """What the graph shows; arguments and errors as for `attention_graph`."""
    keys_named = tokens if key_tokens is None else key_tokens
    weights, n, n_key = checked(pattern, tokens, keys_named), len(tokens), len(keys_named)
    names = [*tokens, *(key_tokens or ())]
    check_place("query", query, n)
    check_place("key", key, n_key)
    if layout not in LAYOUTS:
        raise InputError(f"expected a layout of {', '.join(LAYOUTS)}, got {told(layout)}")
    if not (is_number(threshold) and 0 <= threshold <= 1):
        raise InputError(f"expected a threshold from 0 to 1, as the weights are, got {told(threshold)}")
    if strongest is not None and not (is_whole(strongest) and strongest >= 1):
        raise InputError(f"expected strongest to be at least 1 edge a query, or None for all, got {told(strongest)}")
    if special is not None and len(special) != len(names):
        raise InputError(
            f"expected special to say of each of the {len(names)} tokens whether it is, got {len(special)} flags"
        )

    queries, keys = _kept(weights, query, threshold, strongest)
    left_out = max(len(queries) - MOST_EDGES, 0)
    queries, keys = queries[:MOST_EDGES], keys[:MOST_EDGES]
    strengths = weights[queries, keys]
    crowd = min(1.0, (30 / max(len(queries), 1)) ** 0.5)
    widths, opacities = 1 + 8.5 * crowd * strengths, (0.3 + 0.6 * strengths) * crowd**0.5
    heads = 6 + 1.6 * widths
    shape, first_key, high = _shape(layout, n, query), 0, 0.0
    if key_tokens is None:
        at, longest = places(shape, n), n - 1 if query is None else max(query, n - 1 - query)
        ways, angles = curves(shape, n, queries, keys, heads, longest)
    else:
        shape, first_key, high = "columns", n, columns.height(n, n_key)
        at = columns.columns(n, n_key)
        ways, angles = columns.ties(at[queries], at[first_key + keys], heads, high)
    fields = (queries, keys, strengths, widths, opacities, heads)
    plain = zip(*(column.tolist() for column in fields), ways, angles.tolist(), strict=True)
    edges = [Edge(*row) for row in plain]

    answers = {} if query is None else {first_key + edge.key: edge.weight for edge in edges if edge.weight >= 0.005}
    flags = special or [False] * len(names)
    nodes = [
        Node(x, y, short(token), bool(flag), answers.get(i))
        for i, ((x, y), token, flag) in enumerate(zip(at.tolist(), names, flags, strict=True))
    ]
    ends = [end for edge in edges for end in (first_key + edge.key, edge.query)]
    marked = [place for place in (query, None if key is None else first_key + key) if place is not None]
    if key_tokens is None:
        texts, loops = [node.text for node in nodes], {edge.key for edge in edges if edge.key == edge.query}
        shown = labels(shape, texts, [*marked, *ends[: 2 * SURELY_LABELLED]], ends, loops)
        seen = window(shape, texts, loops)
    else:
        shown, seen = columns.labels(n, n_key, [*marked, *ends]), columns.WINDOW
    return GraphInfo(nodes, edges, shown, shape, seen, query, key, left_out, first_key, high)


def _shape(layout: Literal["auto", "circle", "arc"], n: int, query: int | None) -> Layout:
    """The layout of tokens that both ask and answer."""
    circle = layout == "circle" or (layout == "auto" and query is None and 1 < n <= MOST_IN_CIRCLE)
    return "circle" if circle else "arc"


def _kept(
    weights: Weights, query: int | None, threshold: float, strongest: int | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The queries and the keys of the edges to draw, strongest first; a weight of 0 is no edge."""
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
    """The colour of the token that asks or of the one that answers, and None for all others."""
    key = None if info.key is None else info.first_key + info.key
    return colours.query if i == info.query else colours.key if i == key else None


def label_room(info: GraphInfo) -> tuple[float, float]:
    """How many pixels the labels take to the right and to the left of two columns."""
    widths = {anchor: [width(info.nodes[each.node].text) for each in info.labels if each.anchor == anchor]
              for anchor in ("start", "end")}  # fmt: skip
    return max(widths["start"]) + 3 * NODE, max(widths["end"]) + 3 * NODE


def alt_text(info: GraphInfo) -> str:
    """One sentence that names the strongest edges, for those who do not see the picture."""
    told, names = info.edges[:5], [isolated(node.label) for node in info.nodes]
    keys = names[info.first_key :]
    more = f", and {len(info.edges) + info.left_out - len(told)} weaker" if len(info.edges) > len(told) else ""
    if info.query is None:
        edges = ", ".join(pair(names[e.query], keys[e.key], e.weight) for e in told) or "none is shown"
        return f"Strongest attention weights: {edges}{more}."
    edges = ", ".join(f"{keys[e.key]} {e.weight:.2f}" for e in told) or "no weight is shown"
    return f"From “{names[info.query]}”: {edges}{more}."
