"""The declared steps of attention on arrays whose every axis has a different prime size, against plain sums."""

import numpy as np
import pytest

from attention_core.architecture.attention import attention_stages, projection_stages
from attention_core.computation.stage import compute
from attention_core.ops.elementwise import Scale
from attention_core.ops.softmax import Softmax

HEADS, SHARED, QUERIES, KEYS, DIM, MODEL = 6, 2, 3, 7, 5, 11
GIVEN = {
    "x": ("position", "model"), "W_Q": ("head", "model", "dim"), "W_K": ("kv_head", "model", "dim"),
    "W_V": ("kv_head", "model", "dim"), "b_K": ("kv_head", "dim"), "mask": ("query", "key"),
    "position_bias": ("head", "key"),
}  # fmt: skip


class Carried:
    """The steps carried out one by one, on given arrays."""

    def __init__(self, stages, numbers):
        self.stages, self.numbers = {each.name: each for each in stages}, numbers
        for each in stages:
            if each.name not in numbers:
                self.numbers[each.name] = compute(self, each)

    def stage(self, name, layer):
        return self.stages[name] if name in self.stages else Named(name, GIVEN[name])

    def array(self, name, layer):
        return self.numbers[name]

    def gather_indices(self, axis):
        return ("head",), np.arange(HEADS) // (HEADS // SHARED)


class Named:
    layer = None

    def __init__(self, name, axes):
        self.name, self.axes = name, axes


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_projections_give_each_head_its_own_columns_and_bias():
    x, W = draw(0, KEYS, MODEL), {kind: draw(at, SHARED, MODEL, DIM) for at, kind in enumerate("KV", 1)}
    numbers = {"x": x, "W_Q": draw(3, HEADS, MODEL, DIM), "W_K": W["K"], "W_V": W["V"], "b_K": draw(4, SHARED, DIM)}
    made = Carried(projection_stages("x", {"b_K"}, kv="kv_head"), dict(numbers)).numbers
    for head in range(HEADS):
        np.testing.assert_allclose(made["q"][head], x @ numbers["W_Q"][head])
    for head in range(SHARED):
        np.testing.assert_allclose(made["k"][head], x @ W["K"][head] + numbers["b_K"][head])
        np.testing.assert_allclose(made["v"][head], x @ W["V"][head])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cap", [None, 1.7])
@pytest.mark.parametrize("bias", [None, "position_bias[head, key]"])
def test_each_head_asks_the_keys_that_it_shares(masked, cap, bias):
    q, k, v = draw(1, HEADS, QUERIES, DIM), draw(2, SHARED, KEYS, DIM), draw(3, SHARED, KEYS, DIM)
    mask, slope = draw(4, QUERIES, KEYS) > -1, draw(5, HEADS, KEYS)
    stages = [
        *projection_stages("x", kv="kv_head"),
        *attention_stages(Scale(float(DIM)), masked, Softmax(), kv="kv_head", cap=cap, bias=bias),
    ]
    made = Carried(stages, {"q": q, "k": k, "v": v, "mask": mask, "position_bias": slope}).numbers
    for head in range(HEADS):
        scores = q[head] @ k[head // 3].T / np.sqrt(DIM)
        scores = np.tanh(scores / cap) * cap if cap else scores
        scores = scores + slope[head] if bias else scores
        powers = np.exp(scores) * (mask if masked else 1)
        weights = powers / powers.sum(1, keepdims=True)
        np.testing.assert_allclose(made["weight"][head], weights)
        np.testing.assert_allclose(made["z"][head], weights @ v[head // 3])


def test_a_query_that_may_look_nowhere_gets_zeros():
    numbers = {name: draw(at, 1, 2, DIM) for at, name in enumerate(("q", "k", "v"))}
    stages = [*projection_stages("x"), *attention_stages(Scale(float(DIM)), True, Softmax())]
    made = Carried(stages, numbers | {"mask": np.array([[False, False], [True, False]])}).numbers
    np.testing.assert_array_equal(made["weight"][0], [[0, 0], [1, 0]])
    np.testing.assert_array_equal(made["z"][0][0], 0)
