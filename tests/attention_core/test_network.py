"""Trained tensors by name, and the messages for missing ones."""

import re

import pytest

from attention_core.errors import InputError


def test_a_parameter_of_a_layer_and_one_of_no_layer(minilm):
    assert minilm.parameter("W_Q", 3).shape == (12, 384, 32)
    assert minilm.parameter("W_E").shape == minilm.parameter("W_E", None).shape == (30522, 384)


@pytest.mark.parametrize(
    ("name", "layer", "message"),
    [
        ("W_X", 0, "There is no parameter 'W_X'. Layer 0 has W_K, W_O, W_Q, W_V, W_in, W_out, b_K,"),
        ("W_X", None, "There is no parameter 'W_X'. Outside its layers, the model has W_E, W_pos, W_seg,"),
        ("W_Q", None, "W_Q belongs to a layer: give one from 0 to 5."),
        ("W_E", 0, "W_E belongs to no layer: use parameter('W_E')."),
        ("W_Q", -1, "Layer -1 does not exist: give a whole number from 0 to 5."),
        ("W_Q", 6, "Layer 6 does not exist: give a whole number from 0 to 5."),
        (5, 0, "There is no parameter 5."),
    ],
)
def test_a_missing_parameter(minilm, name, layer, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        minilm.parameter(name, layer)
