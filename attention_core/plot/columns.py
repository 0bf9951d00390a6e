"""Where the tokens of a graph stand in two columns, and how its edges go from one to the other: geometry alone.

The tokens that answer stand on the left, those that ask on the right, 1 apart and 1 high. Edges leave and arrive
level, so that arrowheads point along them however wide the page is.
"""

from collections.abc import Iterable

import numpy as np

from attention_core.plot.layout import LINE, Box, Label, Numbers, ended

ROW, SHORTEST, TALLEST = 24, 90, 420  # pixels between two tokens where there is room, and of a whole column
ACROSS = 420  # pixels between the columns, on a page that is neither the widest nor the narrowest
WINDOW: Box = (-0.03, 1.03, -0.06, 1.06)


def columns(n_query: int, n_key: int) -> Numbers:
    """Where each token stands: [query, and after them key; 2]."""
    sides = [(1.0, n_query), (0.0, n_key)]
    return np.concatenate([
        np.stack([np.full(n, x), np.linspace(1, 0, n) if n > 1 else np.full(n, 0.5)], axis=1) for x, n in sides
    ])  # fmt: skip


def height(n_query: int, n_key: int) -> float:
    """How many pixels high the columns are."""
    return float(np.clip(ROW * (max(n_query, n_key) - 1), SHORTEST, TALLEST))


def ties(start: Numbers, end: Numbers, heads: Numbers, high: float) -> tuple[Numbers, Numbers]:
    """The way of every edge from its query up to its arrowhead, and where that head points.

    start, end: [edge, 2]
    heads:      [edge], the arrowheads' lengths in pixels
    high:       of the columns, in pixels
    returns:    [edge, 4, 2], the control points of a cubic Bézier curve, and [edge] in degrees clockwise from up
    """
    halfway = np.full(len(start), 0.5)
    level = [np.stack([halfway, each[:, 1]], axis=1) for each in (start, end)]
    return ended(np.stack([start, *level, end], axis=1), end, heads, np.array([ACROSS, high]))


def labels(n_query: int, n_key: int, first: Iterable[int]) -> list[Label]:
    """The labels beside the columns that do not touch; keys are counted after the queries.

    first: the tokens that are labelled before all others
    """
    at, high = columns(n_query, n_key), height(n_query, n_key)
    shown: dict[int, Label] = {}
    for i in dict.fromkeys([*first, *range(n_query + n_key)]):
        x, y = at[i].tolist()
        if all(other.x != x or abs(other.y - y) * high >= LINE for other in shown.values()):
            shown[i] = Label(i, x, y, "start" if i < n_query else "end")
    return [shown[i] for i in sorted(shown)]
