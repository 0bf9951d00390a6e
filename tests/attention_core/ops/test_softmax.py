"""Softmax against float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.ops.softmax import softmax_

ROWS = arrays(np.float32, (5, 7), elements=st.floats(-80, 80, width=32))


def exact(scores):
    """Softmax in float64, its maximum taken off first."""
    wide = scores.astype(float)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@given(ROWS)
def test_softmax_rows_sum_to_one(scores):
    rows = softmax_(scores.copy())
    np.testing.assert_allclose(rows.sum(axis=-1), 1, atol=1e-6)
    assert (rows >= 0).all()


@given(ROWS, st.integers(-50, 50))
def test_a_constant_added_to_a_row_changes_nothing(scores, shift):
    whole = np.round(scores)
    np.testing.assert_allclose(softmax_(whole.copy()), softmax_(whole + np.float32(shift)), atol=1e-6)


def test_a_row_of_nothing_but_masked_scores_is_zeros():
    scores = np.array([[-np.inf, -np.inf], [0, -np.inf]], np.float32)
    np.testing.assert_array_equal(softmax_(scores), [[0, 0], [1, 0]])


@given(ROWS, st.sampled_from([0.01, 1, 1000]))
def test_scores_near_0_and_far_from_it_are_as_in_float64(scores, factor):
    scaled = scores * np.float32(factor)
    scaled[0, 0] = -np.inf
    np.testing.assert_allclose(softmax_(scaled.copy()), exact(scaled), rtol=2e-6, atol=1e-12)


@given(arrays(np.float32, (3, 5, 7), elements=st.floats(-80, 80, width=32)),
       arrays(np.float32, (3,), elements=st.floats(-80, 80, width=32)), st.sampled_from([0.1, 1]))  # fmt: skip
def test_a_sink_is_a_key_of_which_nothing_is_kept(scores, sinks, factor):
    near, sinks = scores * np.float32(factor), sinks * np.float32(factor)
    beside = np.concatenate([near, np.broadcast_to(sinks[:, None, None], (3, 5, 1))], axis=-1)
    np.testing.assert_allclose(softmax_(near.copy(), sinks), exact(beside)[..., :-1], rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("far", [90, -90, -200, 3e38])
def test_a_row_far_from_0_among_others_is_as_exact_as_they_are(far):
    scores = np.linspace(-1, 1, 15, dtype=np.float32).reshape(3, 5)
    scores[1] += np.float32(far)
    np.testing.assert_allclose(softmax_(scores.copy()), exact(scores), rtol=2e-6)


@pytest.mark.parametrize("sink", [90, -90])
def test_a_sink_far_from_0(sink):
    rows = softmax_(np.zeros((2, 3, 5), np.float32), np.array([0, sink], np.float32))
    np.testing.assert_allclose(rows[0], 1 / 6, rtol=2e-6)
    np.testing.assert_allclose(rows[1], np.exp(-90.0) if sink > 0 else 1 / 5, rtol=2e-6)


def test_a_number_that_is_none_stays_in_its_row():
    scores = np.zeros((2, 3), np.float32)
    scores[0, 1] = np.nan
    made = softmax_(scores)
    assert np.isnan(made[0]).all()
    np.testing.assert_allclose(made[1], 1 / 3, rtol=2e-6)
