"""The geometry of a graph in two columns, for cross-attention.

Keys are on the left and queries on the right, 1 apart and 1 high. Edges start and end horizontally, so arrowheads
point along them at any page width.
"""

from collections.abc import Iterable

import numpy as np

from attention_core.plot.layout import LINE_HEIGHT, Bounds, Floats, Label, trim_curves

ROW, SHORTEST, TALLEST = 24, 90, 420  # pixels: between two tokens if there is room; of a column
ACROSS = 420  # pixels between the columns on a page of medium width
COLUMN_BOUNDS: Bounds = (-0.03, 1.03, -0.06, 1.06)


def column_positions(n_query: int, n_key: int) -> Floats:
    """The positions of the tokens, the queries first and then the keys: [n_query + n_key, 2]."""
    columns = [(1.0, n_query), (0.0, n_key)]
    return np.concatenate([
        np.stack([np.full(n, x), np.linspace(1, 0, n) if n > 1 else np.full(n, 0.5)], axis=1) for x, n in columns
    ])  # fmt: skip


def column_height(n_query: int, n_key: int) -> float:
    """The height of the columns in pixels."""
    return float(np.clip(ROW * (max(n_query, n_key) - 1), SHORTEST, TALLEST))


def column_edges(start: Floats, end: Floats, heads: Floats, high: float) -> tuple[Floats, Floats]:
    """The curve of each edge from its query to its arrowhead, and the arrowhead's direction.

    start, end: [edge, 2]
    heads:      [edge], the lengths of the arrowheads in pixels
    high:       the height of the columns in pixels
    returns:    [edge, 4, 2], the control points of a cubic Bézier curve, and [edge] in degrees clockwise from up
    """
    halfway = np.full(len(start), 0.5)
    level = [np.stack([halfway, each[:, 1]], axis=1) for each in (start, end)]
    return trim_curves(np.stack([start, *level, end], axis=1), end, heads, np.array([ACROSS, high]))


def column_labels(n_query: int, n_key: int, first: Iterable[int]) -> list[Label]:
    """The labels beside the columns that do not overlap; the indices of keys follow those of queries.

    first: the tokens to label first
    """
    at, high = column_positions(n_query, n_key), column_height(n_query, n_key)
    shown: dict[int, Label] = {}
    for i in dict.fromkeys([*first, *range(n_query + n_key)]):
        x, y = at[i].tolist()
        if all(other.x != x or abs(other.y - y) * high >= LINE_HEIGHT for other in shown.values()):
            shown[i] = Label(i, x, y, "start" if i < n_query else "end")
    return [shown[i] for i in sorted(shown)]
