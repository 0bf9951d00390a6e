"""The five steps on arrays whose every axis has a different prime size, against plain sums."""

import numpy as np

from attention_core import attention, masks

HEADS, QUERIES, KEYS, D_HEAD, D_MODEL = 2, 3, 7, 5, 11


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_project_gives_each_head_its_own_columns():
    x, W, b = draw(1, QUERIES, D_MODEL), draw(2, D_MODEL, HEADS * D_HEAD), draw(3, HEADS * D_HEAD)
    projected = attention.project(x, W, b, HEADS)
    assert projected.shape == (HEADS, QUERIES, D_HEAD)
    for head in range(HEADS):
        own = slice(head * D_HEAD, (head + 1) * D_HEAD)
        np.testing.assert_allclose(projected[head], x.astype(float) @ W[:, own] + b[own], atol=1e-5)


def test_the_pattern_is_a_softmax_over_keys_in_place():
    scores = draw(1, HEADS, QUERIES, KEYS)
    raised = np.exp(scores.astype(float))
    pattern = attention.pattern_(scores, None)
    assert pattern is scores
    np.testing.assert_allclose(pattern, raised / raised.sum(axis=2, keepdims=True), atol=1e-6)


def test_what_is_masked_gets_exactly_nothing():
    mask = masks.causal(QUERIES, KEYS)
    mask[1] = False
    pattern = attention.pattern_(draw(1, HEADS, QUERIES, KEYS), mask)
    assert (pattern[:, ~mask] == 0).all()
    assert (pattern[:, mask] > 0).all()
    np.testing.assert_allclose(pattern.sum(axis=2), [[1, 0, 1]] * HEADS, atol=1e-6)


def test_mix_weighs_the_values_of_the_keys():
    pattern, v = draw(1, HEADS, QUERIES, KEYS), draw(2, HEADS, KEYS, D_HEAD)
    z = attention.mix(pattern, v)
    assert z.shape == (HEADS, QUERIES, D_HEAD)
    expected = sum(float(pattern[1, 2, j]) * v[1, j].astype(float) for j in range(KEYS))
    np.testing.assert_allclose(z[1, 2], expected, atol=1e-5)
