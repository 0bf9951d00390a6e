"""Geometry of the graph."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.plot.layout import places, points, spread


def test_a_circle_runs_clockwise_from_its_top():
    assert places("circle", 4) == pytest.approx(np.array([[0, 1], [1, 0], [0, -1], [-1, 0]]), abs=1e-12)
    assert places("arc", 3).tolist() == [[0, 0], [1, 0], [2, 0]]


def test_points_lie_on_the_curve():
    curve = np.array([[[0.0, 0], [0, 3], [2, 3], [2, 0]]])
    assert points(curve, np.array([0, 0.5, 1])).tolist() == [[[0, 0], [1, 2.25], [2, 0]]]


def test_crowded_places_make_way_around_their_mean():
    assert spread([5, 6], 3, 11) == pytest.approx([4, 7])
    assert spread([0, 1, 9], 2, 11) == pytest.approx([0, 2, 9])
    assert spread([10, 11], 3, 11) == pytest.approx([8, 11])
    assert spread([], 3, 11) == []


@given(st.sets(st.integers(0, 130), min_size=1, max_size=10), st.floats(0.1, 13))
def test_spread_keeps_order_and_distance(wanted, gap):
    found = spread(sorted(wanted), gap, 130)
    assert np.all(np.diff(found) >= gap - 1e-9)
    assert found[0] >= -1e-9
    assert found[-1] <= 130 + 1e-9
