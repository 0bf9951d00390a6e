"""Norms against float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.ops.norms import layer_norm, rms_norm


@given(arrays(np.float32, (3, 11), elements=st.floats(-9, 9, width=32)), st.floats(1e-5, 1))
def test_layer_norm(x, eps):
    weight, bias = np.linspace(-1, 2, 11, dtype=np.float32), np.linspace(3, -3, 11, dtype=np.float32)
    wide = x.astype(float)
    std = np.sqrt(wide.var(axis=1, keepdims=True) + eps)
    expected = (wide - wide.mean(axis=1, keepdims=True)) / std * weight + bias
    np.testing.assert_allclose(layer_norm(x, weight, bias, eps, np.empty_like(x)), expected, atol=2e-3)


def test_rms_norm_divides_by_the_root_mean_square():
    x, weight = (np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((3, 7), (7,)))
    wide = x.astype(float)
    expected = wide / np.sqrt((wide**2).mean(axis=1, keepdims=True) + 0.01) * weight
    np.testing.assert_allclose(rms_norm(x, weight, 0.01, np.empty_like(x)), expected, atol=1e-6)
