"""Where the tokens of a graph stand, and how its edges bend: geometry alone."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

Layout = Literal["circle", "arc"]
POINTS = 24  # of a curve
Curve = np.ndarray  # [point, 2]: x and y


def positions(layout: Layout, n: int) -> np.ndarray:
    """Where each token stands: [token, 2]. A circle of radius 1 from the top on, or a line from 0 to n - 1."""
    steps = np.arange(n)
    if layout == "arc":
        return np.stack([steps, np.zeros(n)], axis=1).astype(float)
    turn = math.pi / 2 - 2 * math.pi * steps / n
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def bezier(*controls: tuple[float, float] | np.ndarray) -> Curve:
    """The Bézier curve of three or four control points: [point, 2]."""
    t = np.linspace(0, 1, POINTS)[:, None]
    order = len(controls) - 1
    return sum(
        math.comb(order, i) * (1 - t) ** (order - i) * t**i * np.asarray(c, float) for i, c in enumerate(controls)
    )  # type: ignore[return-value]


def arc_height(n: int, query: int, key: int) -> float:
    """How high an arc rises, 0 to 1: far pairs higher, and there and back at different heights."""
    share = abs(query - key) / max(n - 1, 1)
    return (0.25 + 0.75 * share**0.7) * (1.0 if key < query else 0.82)


def curve(layout: Layout, places: np.ndarray, query: int, key: int) -> Curve:
    """The way from the asking token to the answering one; A→B and B→A never lie on each other."""
    start, end = places[query], places[key]
    if layout == "arc":
        height = arc_height(len(places), query, key) if query != key else 0.2
        lean = 0.0 if query != key else 0.45
        # A cubic arc rises to three quarters of its control points.
        return bezier(start, (start[0] + lean, height / 0.75), (end[0] - lean, height / 0.75), end)
    if query == key:
        out, side = start * 1.35, np.array([-start[1], start[0]]) * 0.22
        return bezier(start * 1.06, out + side, out - side, start * 1.06)
    middle, across = (start + end) / 2, end - start
    bend = np.array([-across[1], across[0]]) * 0.16
    whole = bezier(start, middle * 0.8 + bend, end)
    near = np.hypot(*(whole - end).T) < 0.09
    return whole[~near] if (~near).sum() > 1 else whole


def heading(curve: Curve, layout: Layout) -> float:
    """The way an arrowhead points, in degrees clockwise from up."""
    if layout == "arc":
        return 180.0
    dx, dy = curve[-1] - curve[-2]
    return math.degrees(math.atan2(dx, dy))
