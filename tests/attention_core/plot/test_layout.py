"""Geometry of the graph."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.plot.layout import curve_points, spread_apart, token_positions


def test_a_circle_runs_clockwise_from_its_top():
    assert token_positions("circle", 4) == pytest.approx(np.array([[0, 1], [1, 0], [0, -1], [-1, 0]]), abs=1e-12)
    assert token_positions("arc", 3).tolist() == [[0, 0], [1, 0], [2, 0]]


def test_points_lie_on_the_curve():
    curve = np.array([[[0.0, 0], [0, 3], [2, 3], [2, 0]]])
    assert curve_points(curve, np.array([0, 0.5, 1])).tolist() == [[[0, 0], [1, 2.25], [2, 0]]]


def test_crowded_labels_spread_around_their_mean():
    assert spread_apart([5, 6], 3, 11) == pytest.approx([4, 7])
    assert spread_apart([0, 1, 9], 2, 11) == pytest.approx([0, 2, 9])
    assert spread_apart([10, 11], 3, 11) == pytest.approx([8, 11])
    assert spread_apart([], 3, 11) == []


@given(st.sets(st.integers(0, 130), min_size=1, max_size=10), st.floats(0.1, 13))
def test_spread_keeps_order_and_distance(wanted, gap):
    positions = spread_apart(sorted(wanted), gap, 130)
    assert np.all(np.diff(positions) >= gap - 1e-9)
    assert positions[0] >= -1e-9
    assert positions[-1] <= 130 + 1e-9
