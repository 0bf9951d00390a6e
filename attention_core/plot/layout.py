"""The geometry of a graph: token positions, curves of the edges, and the labels that fit.

A circle is measured in radii. Arcs are measured in tokens horizontally and in heights of the highest arc vertically;
they start and end vertically, so arrowheads point along them at any page width.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.plot.labels import text_width

Layout = Literal["circle", "arc", "columns"]
Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
Anchor = Literal["start", "middle", "end"]

NARROW, WIDE = 330, 650  # pixels between the margins: on a phone, where labels must fit, and beside a heatmap
ARC_RISE = 174  # pixels from the line of tokens to the top of the highest arc
CIRCLE_RADIUS = 150  # pixels, of the circle
NODE_RADIUS = 6  # pixels from a token's centre to the tip of an arrow
LOOP_REACH = 0.34  # radii from the circle to the control points of a loop
MARGIN = 0.6  # tokens, to the left and right of a line
LINE_HEIGHT = 13  # pixels between two lines of labels
_LOOP_WIDTH = 32  # pixels from a token to the control points of its loop


class Label(NamedTuple):
    """A token's label. anchor: the part of the text that is at (x, y)."""

    node: int
    x: float
    y: float
    anchor: Anchor


def token_positions(layout: Layout, n: int) -> Floats:
    """The positions of the tokens: [token, 2]; clockwise from the top of a circle, or on a line from 0 to n - 1."""
    steps = np.arange(n, dtype=np.float64)
    if layout == "arc":
        return np.stack([steps, np.zeros(n)], axis=1)
    turn = np.pi / 2 - 2 * np.pi * steps / n
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def edge_curves(
    layout: Layout, n: int, queries: NDArray[np.intp], keys: NDArray[np.intp], heads: Floats, longest: int
) -> tuple[Floats, Floats]:
    """The curve of each edge from its query to its arrowhead, and the arrowhead's direction.

    The curves of A→B, B→A and A→A do not overlap.

    queries, keys: [edge]
    heads:         [edge], the lengths of the arrowheads in pixels
    longest:       the span of the highest arc in tokens
    returns:       [edge, 4, 2], the control points of a cubic Bézier curve, and [edge] in degrees clockwise from up
    """
    at = token_positions(layout, n)
    start, end = at[queries], at[keys]
    to_itself = (queries == keys)[:, None]
    if layout == "arc":
        full, scale = _arcs(start, end, to_itself, n, longest), np.array([_token_spacing(n, WIDE), ARC_RISE])
    else:
        full, scale = _chords(start, end, to_itself), np.array([CIRCLE_RADIUS, CIRCLE_RADIUS])
    return trim_curves(full, end, heads, scale)


def trim_curves(full: Floats, end: Floats, heads: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Curves [edge, 4, 2] cut at the base of their arrowheads, and the directions of the arrowheads."""
    # The end speed of a cubic curve is three times its last control segment. It stops slightly inside the arrowhead,
    # so there is no gap at other page widths.
    last_segment = np.linalg.norm((full[:, 3] - full[:, 2]) * scale, axis=1)
    trimmed = _split_curves(full, np.clip(1 - (0.85 * heads + NODE_RADIUS) / (3 * last_segment), 0.5, 1))
    toward = (end - trimmed[:, 3]) * scale
    return trimmed, np.degrees(np.arctan2(toward[:, 0], toward[:, 1]))


def _split_curves(curves: Floats, stop: Floats) -> Floats:
    """The part of each curve [edge, 4, 2] up to the parameter `stop` [edge], by de Casteljau's algorithm."""
    controls, first = curves, [curves[:, 0]]
    while controls.shape[1] > 1:
        controls = controls[:, :-1] + (controls[:, 1:] - controls[:, :-1]) * stop[:, None, None]
        first.append(controls[:, 0])
    return np.stack(first, axis=1)


def curve_points(curves: Floats, parameters: Floats) -> Floats:
    """Points [edge, point, 2] of Bézier curves [edge, 4, 2] at the parameters [point], from 0 to 1."""
    t = parameters[:, None]
    basis = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return np.einsum("pc,ecd->epd", basis, curves)


def _arcs(start: Floats, end: Floats, to_itself: NDArray[np.bool_], n: int, longest: int) -> Floats:
    """Bézier curves [edge, 4, 2]: longer arcs are higher, and arcs to the right are lower than arcs to the left."""
    span = np.abs(end - start)[:, :1] / max(longest, 1)
    height = (0.16 + 0.84 * span**0.75) * np.where(end[:, :1] > start[:, :1], 0.8, 1)
    height = np.where(to_itself, 0.26, height) / 0.75  # a cubic curve reaches 3/4 of the height of its control points
    aside = np.where(to_itself, _LOOP_WIDTH / _token_spacing(n, WIDE), 0)
    up, out = np.hstack([0 * height, height]), np.hstack([aside, 0 * aside])
    return np.stack([start, start + up + out, end + up - out, end], axis=1)


def _chords(start: Floats, end: Floats, to_itself: NDArray[np.bool_]) -> Floats:
    """Bézier curves [edge, 4, 2]: chords bend inwards and to the left, loops outwards."""
    across = end - start
    far = np.linalg.norm(across, axis=1, keepdims=True)
    bend = (start + end) / 2 * (1 - 0.25 * far) + 0.13 * np.stack([-across[:, 1], across[:, 0]], axis=1)
    inner = np.stack([start + (bend - start) * 2 / 3, end + (bend - end) * 2 / 3], axis=1)
    sideways = 0.7 * LOOP_REACH * np.stack([-start[:, 1], start[:, 0]], axis=1)
    loop = np.stack([start * (1 + LOOP_REACH) + sideways, start * (1 + LOOP_REACH) - sideways], axis=1)
    return np.concatenate([start[:, None], np.where(to_itself[:, None], loop, inner), end[:, None]], axis=1)


def dot_radius(n: int) -> float:
    """The radius of a token's dot in pixels, small enough for a row of n tokens."""
    return min(3.0, max(1.2, 0.3 * NARROW / n))


def label_angles(n: int) -> list[int]:
    """The angles in degrees for labels below a line that would overlap, smallest first."""
    # With some labels left out the spacing is uneven: -60 separates even the closest.
    return [-40, -90] if _all_fit(n) else [-60]


def label_overhang(texts: Sequence[str], shown: Sequence[Label]) -> float:
    """How many pixels rotated labels extend beyond the left end of the line on a narrow page."""
    lean, step = np.cos(np.radians(label_angles(len(texts))[0])), _token_spacing(len(texts), NARROW)
    return max(0.0, *(text_width(texts[label.node]) * lean - (label.x + MARGIN) * step for label in shown))


def _token_spacing(n: int, page: float) -> float:
    """The distance in pixels between n tokens on a line of width `page`."""
    return page / (n - 1 + 2 * MARGIN)


def _all_fit(n: int) -> bool:
    """Whether n vertical labels fit below a line on a narrow page."""
    return _token_spacing(n, NARROW) >= LINE_HEIGHT


def visible_bounds(layout: Layout, names: Sequence[str], loops: Container[int]) -> Bounds:
    """The visible part of the plane, in which a circle's labels fit even on a narrow page."""
    if layout == "arc":
        return -MARGIN, len(names) - 1 + MARGIN, -0.06, 1.03
    reach = _circle_radius(names, loops)
    beside, above = NARROW / 2 / reach, _label_radii(len(names), loops).max() + LINE_HEIGHT / reach
    return -beside, beside, -above, above


def fit_labels(
    layout: Layout, names: Sequence[str], first: Iterable[int], then: Iterable[int], loops: Container[int]
) -> list[Label]:
    """The labels that fit on a narrow page without overlapping.

    names: [token], the texts of the labels
    first: tokens that are always labelled; on a line, their labels are moved apart
    then:  tokens to label next if there is space; after them all others
    loops: tokens whose labels leave space for a loop
    """
    n = len(names)
    return _line_labels(n, first, then) if layout == "arc" else _ring_labels(names, [*first, *then, *range(n)], loops)


def _line_labels(n: int, first: Iterable[int], then: Iterable[int]) -> list[Label]:
    """Labels below a line, at least one line of text apart."""
    if _all_fit(n):
        return [Label(i, i, 0, "middle") for i in range(n)]
    gap = LINE_HEIGHT / _token_spacing(n, NARROW)
    required = sorted(set(first))
    at = dict(zip(required, spread_apart(required, gap, n - 1), strict=True))
    for i in [*then, *range(n)]:
        if all(abs(i - other) >= gap for other in at.values()):
            at[i] = float(i)
    return [Label(i, at[i], 0, "middle") for i in sorted(at, key=at.__getitem__)]


def spread_apart(wanted: Sequence[float], gap: float, last: float) -> list[float]:
    """The positions closest to the wanted ones (ascending) that are at least `gap` apart and from 0 to `last`.

    Pools neighbours that are too close around their mean: isotonic regression of wanted[i] - i * gap.
    """
    pools: list[tuple[float, int]] = []
    for i, position in enumerate(wanted):
        mean, size = position - i * gap, 1
        while pools and pools[-1][0] >= mean:
            before, many = pools.pop()
            mean, size = (mean * size + before * many) / (size + many), size + many
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    room = last - (len(means) - 1) * gap
    return [min(max(mean, 0), room) + i * gap for i, mean in enumerate(means)]


def _ring_labels(names: Sequence[str], order: Iterable[int], loops: Container[int]) -> list[Label]:
    """Labels around a circle; those that would overlap an earlier one are left out."""
    at = token_positions("circle", len(names)) * _label_radii(len(names), loops)[:, None]
    reach = _circle_radius(names, loops)
    boxes: list[Bounds] = []
    shown = {}
    for i in dict.fromkeys(order):
        x, y = at[i].tolist()
        anchor: Anchor = "start" if x > 0.3 else "end" if x < -0.3 else "middle"
        wide = text_width(names[i])
        left = x * reach - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        box = (left, left + wide, y * reach - LINE_HEIGHT / 2, y * reach + LINE_HEIGHT / 2)
        if not any(_overlap(box, other) for other in boxes):
            boxes.append(box)
            shown[i] = Label(i, x, y, anchor)
    return [shown[i] for i in sorted(shown)]


def _overlap(a: Bounds, b: Bounds) -> bool:
    """Whether two boxes share a point."""
    return a[0] <= b[1] and b[0] <= a[1] and a[2] <= b[3] and b[2] <= a[3]


def _label_radii(n: int, loops: Container[int]) -> Floats:
    """The distances of a circle's labels from its centre, in radii: outside the loops of tokens that have one."""
    return np.array([1.1 + 0.75 * LOOP_REACH * (i in loops) for i in range(n)])


def _circle_radius(names: Sequence[str], loops: Container[int]) -> float:
    """The radius in pixels at which a circle and its labels fit on a narrow page, at least 60."""
    beside = np.abs(token_positions("circle", len(names))[:, 0]) * _label_radii(len(names), loops)
    room = NARROW / 2 - np.array([text_width(name) for name in names])
    return float(np.max([60, np.min(room / np.maximum(beside, 0.3), initial=CIRCLE_RADIUS, where=beside > 0.3)]))
