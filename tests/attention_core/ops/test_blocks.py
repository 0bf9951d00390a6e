"""Softmax, layer norm and activations against float64."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.computation.derivation import CURVES
from attention_core.computation.stage import Operand
from attention_core.config import masks
from attention_core.ops.activations import ACTIVATIONS, gelu_, relu_
from attention_core.ops.basic import Mask, Scale
from attention_core.ops.einsum import Contract
from attention_core.ops.norms import layer_norm, rms_norm
from attention_core.ops.softmax import Softmax, small_softmax_, softmax_

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


@given(ROWS)
def test_scores_near_0_need_no_maximum(scores):
    made = scores / np.float32(4)
    made[0, 0] = -np.inf
    expected = softmax_(made.copy())
    assert small_softmax_(made)
    np.testing.assert_allclose(made, expected, rtol=2e-6, atol=1e-12)


@given(arrays(np.float32, (3, 5, 7), elements=st.floats(-80, 80, width=32)),
       arrays(np.float32, (3,), elements=st.floats(-80, 80, width=32)))  # fmt: skip
def test_a_sink_is_a_key_of_which_nothing_is_kept(scores, sinks):
    beside = np.concatenate([scores, np.broadcast_to(sinks[:, None, None], (3, 5, 1))], axis=-1)
    expected = softmax_(beside)[..., :-1]
    np.testing.assert_allclose(softmax_(scores.copy(), sinks), expected, rtol=2e-6, atol=1e-12)
    near = scores / np.float32(8)
    expected = softmax_(near.copy(), sinks / 8)
    assert small_softmax_(near, sinks / 8)
    np.testing.assert_allclose(near, expected, rtol=2e-6, atol=1e-12)


def test_a_sink_far_from_0_is_told():
    assert not small_softmax_(np.zeros((2, 3, 5), np.float32), np.array([0, 90], np.float32))


@pytest.mark.parametrize("far", [90, -30, -np.inf, np.nan])
def test_scores_far_from_0_are_told(far):
    scores = np.zeros((3, 5), np.float32)
    scores[1] = far
    assert not small_softmax_(scores)


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
    np.testing.assert_allclose(layer_norm(x, weight, bias, eps, np.empty_like(x)), expected, atol=2e-3)


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def attend(q, k, v, mask=None):
    grid = ("head", "query", "key")
    q = Operand(q, ("head", "query", "dim"))
    k, v = (Operand(each, ("head", "key", "dim")) for each in (k, v))
    scores = Scale(float(q.numbers.shape[-1])).compute(grid, [Operand(Contract().compute(grid, [q, k]), grid)])
    if mask is not None:
        scores = Mask().compute(grid, [Operand(scores, grid), Operand(mask, ("query", "key"))])
    weights = Operand(Softmax().compute(grid, [Operand(scores, grid)]), grid)
    return Contract().compute(("head", "query", "dim"), [weights, v])


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
    mask = masks.causal(np.arange(7), np.arange(7))
    before, after = attend(q, k, v, mask), attend(q, changed_k, changed_v, mask)
    np.testing.assert_allclose(before[:, : last + 1], after[:, : last + 1], atol=1e-6)


def test_merge_joins_the_heads_in_order():
    z, W, b = draw(1, 2, 3, 5), draw(2, 10, 7), draw(3, 7)
    expected = sum(z[h].astype(float) @ W[5 * h : 5 * h + 5] for h in range(2)) + b
    inputs = [
        Operand(z, ("head", "query", "dim")), Operand(W.reshape(2, 5, 7), ("head", "dim", "model")),
        Operand(b, ("model",)),
    ]  # fmt: skip
    np.testing.assert_allclose(Contract().compute(("query", "model"), inputs), expected, atol=1e-5)


@given(arrays(np.float32, st.integers(1, 23), elements=st.floats(-90, 90, width=32)))
def test_each_activation_is_the_curve_that_derivations_use(x):
    for name, curve in CURVES.items():
        expected = [curve(float(each)) for each in x]
        np.testing.assert_allclose(ACTIVATIONS[name](x.copy()), expected, atol=1e-6, rtol=2e-6, err_msg=name)


def test_rms_norm_divides_by_the_root_mean_square():
    x, weight = draw(1, 3, 7), draw(2, 7)
    wide = x.astype(float)
    expected = wide / np.sqrt((wide**2).mean(axis=1, keepdims=True) + 0.01) * weight
    np.testing.assert_allclose(rms_norm(x, weight, 0.01, np.empty_like(x)), expected, atol=1e-6)
