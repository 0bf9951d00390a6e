"""Activations against float64."""

import math
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.computation.arithmetic import FLOAT64_ACTIVATIONS
from attention_core.ops.activations import ACTIVATION_FUNCTIONS, gelu, relu


def test_gelu_is_exact_to_1e_6_and_never_warns():
    x = np.linspace(-60, 60, 200_003, dtype=np.float32)
    exact = [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x.astype(float)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(gelu(x), exact, atol=1e-6, rtol=1e-6)


def test_relu():
    np.testing.assert_array_equal(relu(np.array([-2, 0, 3], np.float32)), [0, 0, 3])


@given(arrays(np.float32, st.integers(1, 23), elements=st.floats(-90, 90, width=32)))
def test_each_activation_equals_the_float64_function_of_derivations(x):
    for name, function in FLOAT64_ACTIVATIONS.items():
        expected = [function(float(each)) for each in x]
        np.testing.assert_allclose(ACTIVATION_FUNCTIONS[name](x), expected, atol=1e-6, rtol=2e-6, err_msg=name)
