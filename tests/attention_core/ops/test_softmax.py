"""Softmax against float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.ops.softmax import softmax_

ROWS = arrays(np.float32, (5, 7), elements=st.floats(-80, 80, width=32))


def exact(scores):
    """Softmax in float64, with the maximum subtracted first."""
    wide = scores.astype(float)
    exponentials = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@given(ROWS)
def test_softmax_rows_sum_to_one(scores):
    rows = softmax_(scores.copy())
    np.testing.assert_allclose(rows.sum(axis=-1), 1, atol=1e-6)
    assert (rows >= 0).all()


@given(ROWS, st.integers(-50, 50))
def test_a_constant_added_to_a_row_changes_nothing(scores, shift):
    integers = np.round(scores)
    np.testing.assert_allclose(softmax_(integers.copy()), softmax_(integers + np.float32(shift)), atol=1e-6)


def test_a_row_that_consists_only_of_masked_scores_is_zeros():
    scores = np.array([[-np.inf, -np.inf], [0, -np.inf]], np.float32)
    np.testing.assert_array_equal(softmax_(scores), [[0, 0], [1, 0]])


@given(ROWS, st.sampled_from([0.01, 1, 1000]))
def test_small_and_large_scores_agree_with_float64(scores, factor):
    scaled = scores * np.float32(factor)
    scaled[0, 0] = -np.inf
    np.testing.assert_allclose(softmax_(scaled.copy()), exact(scaled), rtol=2e-6, atol=1e-12)


@given(arrays(np.float32, (3, 5, 7), elements=st.floats(-80, 80, width=32)),
       arrays(np.float32, (3,), elements=st.floats(-80, 80, width=32)), st.sampled_from([0.1, 1]))  # fmt: skip
def test_a_sink_acts_like_an_extra_key_that_is_dropped(scores, sinks, factor):
    scaled, sinks = scores * np.float32(factor), sinks * np.float32(factor)
    with_sink = np.concatenate([scaled, np.broadcast_to(sinks[:, None, None], (3, 5, 1))], axis=-1)
    np.testing.assert_allclose(softmax_(scaled.copy(), sinks), exact(with_sink)[..., :-1], rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("shift", [90, -90, -200, 3e38])
def test_one_row_with_large_scores_is_as_exact_as_the_others(shift):
    scores = np.linspace(-1, 1, 15, dtype=np.float32).reshape(3, 5)
    scores[1] += np.float32(shift)
    np.testing.assert_allclose(softmax_(scores.copy()), exact(scores), rtol=2e-6)


@pytest.mark.parametrize("sink", [90, -90])
def test_a_large_sink(sink):
    rows = softmax_(np.zeros((2, 3, 5), np.float32), np.array([0, sink], np.float32))
    np.testing.assert_allclose(rows[0], 1 / 6, rtol=2e-6)
    np.testing.assert_allclose(rows[1], np.exp(-90.0) if sink > 0 else 1 / 5, rtol=2e-6)


def test_nan_stays_in_its_row():
    scores = np.zeros((2, 3), np.float32)
    scores[0, 1] = np.nan
    weights = softmax_(scores)
    assert np.isnan(weights[0]).all()
    np.testing.assert_allclose(weights[1], 1 / 3, rtol=2e-6)
