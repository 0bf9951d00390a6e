"""The declared stages of attention on arrays with a different prime size for each axis, against plain sums."""

import numpy as np
import pytest

from attention_core.architecture.attention import attention_stages, projection_stages
from attention_core.computation.stage import compute
from attention_core.ops.elementwise import Scale
from attention_core.ops.softmax import Softmax

HEADS, SHARED, QUERIES, KEYS, DIM, MODEL = 6, 2, 3, 7, 5, 11
INPUT_AXES = {
    "x": ("position", "model"), "W_Q": ("head", "model", "dim"), "W_K": ("kv_head", "model", "dim"),
    "W_V": ("kv_head", "model", "dim"), "b_K": ("kv_head", "dim"), "mask": ("query", "key"),
    "position_bias": ("head", "key"),
}  # fmt: skip


class StagedRun:
    """A run that computes the stages in order on given arrays."""

    def __init__(self, stages, numbers):
        self.stages, self.numbers = {each.name: each for each in stages}, numbers
        for each in stages:
            if each.name not in numbers:
                self.numbers[each.name] = compute(self, each)

    def stage(self, name, layer):
        return self.stages[name] if name in self.stages else InputStage(name, INPUT_AXES[name])

    def array(self, name, layer):
        return self.numbers[name]

    def gather_indices(self, axis):
        return ("head",), np.arange(HEADS) // (HEADS // SHARED)


class InputStage:
    layer = None

    def __init__(self, name, axes):
        self.name, self.axes = name, axes


def random_array(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_projections_use_each_heads_own_weight_and_bias():
    x = random_array(0, KEYS, MODEL)
    W = {kind: random_array(seed, SHARED, MODEL, DIM) for seed, kind in enumerate("KV", 1)}
    inputs = {
        "x": x, "W_Q": random_array(3, HEADS, MODEL, DIM), "W_K": W["K"], "W_V": W["V"],
        "b_K": random_array(4, SHARED, DIM),
    }  # fmt: skip
    numbers = StagedRun(projection_stages("x", {"b_K"}, kv_axis="kv_head"), dict(inputs)).numbers
    for head in range(HEADS):
        np.testing.assert_allclose(numbers["q"][head], x @ inputs["W_Q"][head])
    for head in range(SHARED):
        np.testing.assert_allclose(numbers["k"][head], x @ W["K"][head] + inputs["b_K"][head])
        np.testing.assert_allclose(numbers["v"][head], x @ W["V"][head])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cap", [None, 1.7])
@pytest.mark.parametrize("bias", [None, "position_bias[head, key]"])
def test_query_heads_use_their_shared_key_value_head(masked, cap, bias):
    q = random_array(1, HEADS, QUERIES, DIM)
    k, v = random_array(2, SHARED, KEYS, DIM), random_array(3, SHARED, KEYS, DIM)
    mask, slope = random_array(4, QUERIES, KEYS) > -1, random_array(5, HEADS, KEYS)
    stages = [
        *projection_stages("x", kv_axis="kv_head"),
        *attention_stages(Scale(float(DIM)), masked, Softmax(), kv_axis="kv_head", cap=cap, bias=bias),
    ]
    numbers = StagedRun(stages, {"q": q, "k": k, "v": v, "mask": mask, "position_bias": slope}).numbers
    for head in range(HEADS):
        scores = q[head] @ k[head // 3].T / np.sqrt(DIM)
        scores = np.tanh(scores / cap) * cap if cap else scores
        scores = scores + slope[head] if bias else scores
        exponentials = np.exp(scores) * (mask if masked else 1)
        weights = exponentials / exponentials.sum(1, keepdims=True)
        np.testing.assert_allclose(numbers["weight"][head], weights)
        np.testing.assert_allclose(numbers["z"][head], weights @ v[head // 3])


def test_a_query_that_may_not_attend_to_any_key_gets_zeros():
    inputs = {name: random_array(seed, 1, 2, DIM) for seed, name in enumerate(("q", "k", "v"))}
    stages = [*projection_stages("x"), *attention_stages(Scale(float(DIM)), True, Softmax())]
    numbers = StagedRun(stages, inputs | {"mask": np.array([[False, False], [True, False]])}).numbers
    np.testing.assert_array_equal(numbers["weight"][0], [[0, 0], [1, 0]])
    np.testing.assert_array_equal(numbers["z"][0][0], 0)
