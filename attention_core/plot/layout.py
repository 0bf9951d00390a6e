"""Where the tokens of a graph stand, how its edges bend, and which labels have room: geometry alone.

A circle is in units of its radius. Arcs are in tokens across, and in heights of the highest arc upwards; they leave and
arrive upright, so that arrowheads point along them however wide the page is.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.plot.labels import width

Layout = Literal["circle", "arc", "columns"]
Numbers = NDArray[np.float64]
Box = tuple[float, float, float, float]
Anchor = Literal["start", "middle", "end"]

NARROW, WIDE = 330, 650  # pixels between the margins: on a phone, where labels must still fit, and beside a heatmap
RISE = 174  # pixels from the line of tokens to the top of the highest arc
RADIUS = 150  # pixels of the circle
NODE = 6  # pixels from a token's middle to the tip of an arrow
LOOP = 0.34  # radii that the controls of a loop reach beyond the circle
MARGIN = 0.6  # tokens to the left and to the right of a line
LINE = 13  # pixels between two lines of labels
_LOOP_WIDTH = 32  # pixels that the controls of an arc from a token to itself stand aside


class Label(NamedTuple):
    """A token's name where there is room for it. anchor: which part of the text stands at x and y."""

    node: int
    x: float
    y: float
    anchor: Anchor


def places(layout: Layout, n: int) -> Numbers:
    """Where each token stands: [token, 2]. Clockwise from the top of a circle, or on a line from 0 to n - 1."""
    steps = np.arange(n, dtype=np.float64)
    if layout == "arc":
        return np.stack([steps, np.zeros(n)], axis=1)
    turn = np.pi / 2 - 2 * np.pi * steps / n
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def curves(
    layout: Layout, n: int, queries: NDArray[np.intp], keys: NDArray[np.intp], heads: Numbers, longest: int
) -> tuple[Numbers, Numbers]:
    """The way of every edge from its query up to its arrowhead, and where that head points.

    No two of A→B, B→A and A→A lie on each other.

    queries, keys: [edge]
    heads:         [edge], the arrowheads' lengths in pixels
    longest:       the distance in tokens that the highest arc spans
    returns:       [edge, 4, 2], the control points of a cubic Bézier curve, and [edge] in degrees clockwise from up
    """
    at = places(layout, n)
    start, end = at[queries], at[keys]
    to_itself = (queries == keys)[:, None]
    if layout == "arc":
        whole, scale = _arcs(start, end, to_itself, n, longest), np.array([_step(n, WIDE), RISE])
    else:
        whole, scale = _chords(start, end, to_itself), np.array([RADIUS, RADIUS])
    return ended(whole, end, heads, scale)


def ended(whole: Numbers, end: Numbers, heads: Numbers, scale: Numbers) -> tuple[Numbers, Numbers]:
    """Curves [edge, 4, 2] cut where their arrowheads begin, and where those point."""
    # A cubic curve runs into its end at three times the pace of its last leg. It stops a little inside the arrowhead,
    # so that no gap opens on a page of another width.
    last_leg = np.linalg.norm((whole[:, 3] - whole[:, 2]) * scale, axis=1)
    own = _until(whole, np.clip(1 - (0.85 * heads + NODE) / (3 * last_leg), 0.5, 1))
    toward = (end - own[:, 3]) * scale
    return own, np.degrees(np.arctan2(toward[:, 0], toward[:, 1]))


def _until(curves: Numbers, stop: Numbers) -> Numbers:
    """The part of each curve [edge, 4, 2] up to the parameter `stop` [edge], after de Casteljau."""
    legs, kept = curves, [curves[:, 0]]
    while legs.shape[1] > 1:
        legs = legs[:, :-1] + (legs[:, 1:] - legs[:, :-1]) * stop[:, None, None]
        kept.append(legs[:, 0])
    return np.stack(kept, axis=1)


def points(curves: Numbers, parameters: Numbers) -> Numbers:
    """Points [edge, point, 2] of Bézier curves [edge, 4, 2] at the parameters [point], from 0 to 1."""
    t = parameters[:, None]
    basis = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return np.einsum("pc,ecd->epd", basis, curves)


def _arcs(start: Numbers, end: Numbers, to_itself: NDArray[np.bool_], n: int, longest: int) -> Numbers:
    """Bézier curves [edge, 4, 2]: far pairs rise higher, and to the right lower than to the left."""
    span = np.abs(end - start)[:, :1] / max(longest, 1)
    height = (0.16 + 0.84 * span**0.75) * np.where(end[:, :1] > start[:, :1], 0.8, 1)
    height = np.where(to_itself, 0.26, height) / 0.75  # a cubic curve rises to three quarters of its controls
    aside = np.where(to_itself, _LOOP_WIDTH / _step(n, WIDE), 0)
    up, out = np.hstack([0 * height, height]), np.hstack([aside, 0 * aside])
    return np.stack([start, start + up + out, end + up - out, end], axis=1)


def _chords(start: Numbers, end: Numbers, to_itself: NDArray[np.bool_]) -> Numbers:
    """Bézier curves [edge, 4, 2]: chords bent inwards and each to its left, loops outwards."""
    across = end - start
    far = np.linalg.norm(across, axis=1, keepdims=True)
    bend = (start + end) / 2 * (1 - 0.25 * far) + 0.13 * np.stack([-across[:, 1], across[:, 0]], axis=1)
    inner = np.stack([start + (bend - start) * 2 / 3, end + (bend - end) * 2 / 3], axis=1)
    sideways = 0.7 * LOOP * np.stack([-start[:, 1], start[:, 0]], axis=1)
    loop = np.stack([start * (1 + LOOP) + sideways, start * (1 + LOOP) - sideways], axis=1)
    return np.concatenate([start[:, None], np.where(to_itself[:, None], loop, inner), end[:, None]], axis=1)


def dot(n: int) -> float:
    """The radius of a token's dot in pixels, small enough for n of them to stand in a row."""
    return min(3.0, max(1.2, 0.3 * NARROW / n))


def slants(n: int) -> list[int]:
    """The angles in degrees to which labels below a line may be turned when they would touch, least first."""
    # Labels that were left out stand unevenly: -60 keeps even the nearest apart.
    return [-40, -90] if _all_fit(n) else [-60]


def overhang(texts: Sequence[str], shown: Sequence[Label]) -> float:
    """How many pixels turned labels reach beyond the left end of the line on a narrow page."""
    lean, step = np.cos(np.radians(slants(len(texts))[0])), _step(len(texts), NARROW)
    return max(0.0, *(width(texts[label.node]) * lean - (label.x + MARGIN) * step for label in shown))


def _step(n: int, page: float) -> float:
    """How many pixels n tokens on a line stand apart on a page of that many."""
    return page / (n - 1 + 2 * MARGIN)


def _all_fit(n: int) -> bool:
    """Whether n upright labels fit below a line on a narrow page."""
    return _step(n, NARROW) >= LINE


def window(layout: Layout, names: Sequence[str], loops: Container[int]) -> Box:
    """What of the plane is seen, so that a circle's names have room even on a narrow page."""
    if layout == "arc":
        return -MARGIN, len(names) - 1 + MARGIN, -0.06, 1.03
    reach = _reach(names, loops)
    beside, above = NARROW / 2 / reach, _rings(len(names), loops).max() + LINE / reach
    return -beside, beside, -above, above


def labels(
    layout: Layout, names: Sequence[str], first: Iterable[int], then: Iterable[int], loops: Container[int]
) -> list[Label]:
    """The labels that fit on a narrow page without touching.

    names: [token], as they will be written
    first: tokens that are labelled whatever happens; on a line their labels make way for each other
    then:  tokens to label next, while there is room; after them all others
    loops: tokens whose labels must leave room for a loop
    """
    n = len(names)
    return _line_labels(n, first, then) if layout == "arc" else _ring_labels(names, [*first, *then, *range(n)], loops)


def _line_labels(n: int, first: Iterable[int], then: Iterable[int]) -> list[Label]:
    """Labels below a line, upright where it is crowded: at least a line of text apart."""
    if _all_fit(n):
        return [Label(i, i, 0, "middle") for i in range(n)]
    gap = LINE / _step(n, NARROW)
    held = sorted(set(first))
    at = dict(zip(held, spread(held, gap, n - 1), strict=True))
    for i in [*then, *range(n)]:
        if all(abs(i - other) >= gap for other in at.values()):
            at[i] = float(i)
    return [Label(i, at[i], 0, "middle") for i in sorted(at, key=at.__getitem__)]


def spread(wanted: Sequence[float], gap: float, last: float) -> list[float]:
    """The places nearest to the wanted ones (ascending) that are `gap` apart and from 0 to `last`.

    Pools neighbours that stand too close around their mean: isotonic regression of wanted[i] - i * gap.
    """
    pools: list[tuple[float, int]] = []
    for i, place in enumerate(wanted):
        mean, size = place - i * gap, 1
        while pools and pools[-1][0] >= mean:
            before, many = pools.pop()
            mean, size = (mean * size + before * many) / (size + many), size + many
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    room = last - (len(means) - 1) * gap
    return [min(max(mean, 0), room) + i * gap for i, mean in enumerate(means)]


def _ring_labels(names: Sequence[str], order: Iterable[int], loops: Container[int]) -> list[Label]:
    """Labels around a circle, each beginning or ending at it; those that would touch an earlier one are left out."""
    at, reach = places("circle", len(names)) * _rings(len(names), loops)[:, None], _reach(names, loops)
    boxes: list[Box] = []
    shown = {}
    for i in dict.fromkeys(order):
        x, y = at[i].tolist()
        anchor: Anchor = "start" if x > 0.3 else "end" if x < -0.3 else "middle"
        wide = width(names[i])
        left = x * reach - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        box = (left, left + wide, y * reach - LINE / 2, y * reach + LINE / 2)
        if not any(_touch(box, other) for other in boxes):
            boxes.append(box)
            shown[i] = Label(i, x, y, anchor)
    return [shown[i] for i in sorted(shown)]


def _touch(a: Box, b: Box) -> bool:
    """Whether two boxes share a point."""
    return a[0] <= b[1] and b[0] <= a[1] and a[2] <= b[3] and b[2] <= a[3]


def _rings(n: int, loops: Container[int]) -> Numbers:
    """Where the labels of a circle stand, in radii: beyond loops, which rise to three quarters of their controls."""
    return np.array([1.1 + 0.75 * LOOP * (i in loops) for i in range(n)])


def _reach(names: Sequence[str], loops: Container[int]) -> float:
    """The radius in pixels at which a circle fits on a narrow page with its labels beside it, at least 60."""
    beside = np.abs(places("circle", len(names))[:, 0]) * _rings(len(names), loops)
    room = NARROW / 2 - np.array([width(name) for name in names])
    return float(np.max([60, np.min(room / np.maximum(beside, 0.3), initial=RADIUS, where=beside > 0.3)]))
