"""Softmax, layer norm and activations against float64."""

import math
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core import attention, masks
from attention_core.ops import gelu_, layer_norm_, relu_, softmax_

ROWS = arrays(np.float32, (5, 7), elements=st.floats(-80, 80, width=32))


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


def test_gelu_is_exact_to_a_millionth_and_never_warns():
    x = np.linspace(-60, 60, 200_003, dtype=np.float32)
    exact = [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x.astype(float)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(gelu_(x.copy()), exact, atol=1e-6, rtol=1e-6)


def test_relu():
    np.testing.assert_array_equal(relu_(np.array([-2, 0, 3], np.float32)), [0, 0, 3])


@given(arrays(np.float32, (3, 11), elements=st.floats(-9, 9, width=32)), st.floats(1e-5, 1))
def test_layer_norm(x, eps):
    weight, bias = np.linspace(-1, 2, 11, dtype=np.float32), np.linspace(3, -3, 11, dtype=np.float32)
    wide = x.astype(float)
    spread = np.sqrt(wide.var(axis=1, keepdims=True) + eps)
    expected = (wide - wide.mean(axis=1, keepdims=True)) / spread * weight + bias
    np.testing.assert_allclose(layer_norm_(x.copy(), weight, bias, eps), expected, atol=2e-3)


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def attend(q, k, v, mask=None):
    return attention.mix(attention.pattern_(attention.scores(q, k), mask), v)


@given(st.permutations(range(7)))
def test_permuting_the_tokens_permutes_the_output(order):
    q, k, v = draw(1, 3, 7, 5), draw(2, 3, 7, 5), draw(3, 3, 7, 11)
    moved = attend(q[:, order], k[:, order], v[:, order])
    np.testing.assert_allclose(moved, attend(q, k, v)[:, order], atol=1e-5)


@given(st.integers(0, 5), st.integers(0, 1000))
def test_a_causal_output_never_depends_on_later_tokens(last, seed):
    q, k, v = draw(1, 3, 7, 5), draw(2, 3, 7, 5), draw(3, 3, 7, 11)
    changed_k, changed_v = k.copy(), v.copy()
    changed_k[:, last + 1 :] = draw(seed, 3, 6 - last, 5)
    changed_v[:, last + 1 :] = draw(seed + 1, 3, 6 - last, 11)
    mask = masks.causal(7, 7)
    before, after = attend(q, k, v, mask), attend(q, changed_k, changed_v, mask)
    np.testing.assert_allclose(before[:, : last + 1], after[:, : last + 1], atol=1e-6)


def test_scores_are_scaled_dot_products():
    q, k = draw(1, 2, 3, 5), draw(2, 2, 7, 5)
    expected = np.einsum("hqd,hkd->hqk", q.astype(float), k) / math.sqrt(5)
    np.testing.assert_allclose(attention.scores(q, k), expected, atol=1e-5)


def test_merge_joins_the_heads_in_order():
    z, W, b = draw(1, 2, 3, 5), draw(2, 10, 7), draw(3, 7)
    expected = sum(z[h].astype(float) @ W[5 * h : 5 * h + 5] for h in range(2)) + b
    np.testing.assert_allclose(attention.merge(z, W, b), expected, atol=1e-5)
