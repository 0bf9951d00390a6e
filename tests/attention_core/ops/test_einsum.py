"""Sums of products, and attention computed with them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attention_core.computation.stage import Operand
from attention_core.config import masks
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import ApplyMask, Scale
from attention_core.ops.softmax import Softmax


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def attend(q, k, v, mask=None):
    grid = ("head", "query", "key")
    q = Operand(q, ("head", "query", "dim"))
    k, v = (Operand(each, ("head", "key", "dim")) for each in (k, v))
    scores = Scale(float(q.numbers.shape[-1])).compute(grid, [Operand(Einsum().compute(grid, [q, k]), grid)])
    if mask is not None:
        scores = ApplyMask().compute(grid, [Operand(scores, grid), Operand(mask, ("query", "key"))])
    weights = Operand(Softmax().compute(grid, [Operand(scores, grid)]), grid)
    return Einsum().compute(("head", "query", "dim"), [weights, v])


@given(st.permutations(range(7)))
def test_permuting_the_tokens_permutes_the_output(order):
    q, k, v = draw(1, 3, 7, 5), draw(2, 3, 7, 5), draw(3, 3, 7, 11)
    permuted = attend(q[:, order], k[:, order], v[:, order])
    np.testing.assert_allclose(permuted, attend(q, k, v)[:, order], atol=1e-5)


@given(st.integers(0, 5), st.integers(0, 1000))
def test_a_causal_output_never_depends_on_later_tokens(last, seed):
    q, k, v = draw(1, 3, 7, 5), draw(2, 3, 7, 5), draw(3, 3, 7, 11)
    changed_k, changed_v = k.copy(), v.copy()
    changed_k[:, last + 1 :] = draw(seed, 3, 6 - last, 5)
    changed_v[:, last + 1 :] = draw(seed + 1, 3, 6 - last, 11)
    mask = masks.causal_mask(np.arange(7), np.arange(7))
    before, after = attend(q, k, v, mask), attend(q, changed_k, changed_v, mask)
    np.testing.assert_allclose(before[:, : last + 1], after[:, : last + 1], atol=1e-6)


def test_the_output_projection_concatenates_the_heads_in_order():
    z, W, b = draw(1, 2, 3, 5), draw(2, 10, 7), draw(3, 7)
    expected = sum(z[h].astype(float) @ W[5 * h : 5 * h + 5] for h in range(2)) + b
    inputs = [
        Operand(z, ("head", "query", "dim")), Operand(W.reshape(2, 5, 7), ("head", "dim", "model")),
        Operand(b, ("model",)),
    ]  # fmt: skip
    np.testing.assert_allclose(Einsum().compute(("query", "model"), inputs), expected, atol=1e-5)
