"""A trained tensor by its name, and what is said of one that is not there."""

import re

import pytest

from attention_core.errors import InputError


def test_a_parameter_of_a_layer_and_of_none(minilm):
    assert minilm.parameter("W_Q", 3).shape == (12, 384, 32)
    assert minilm.parameter("W_E").shape == minilm.parameter("W_E", None).shape == (30522, 384)


@pytest.mark.parametrize(
    ("name", "layer", "said"),
    [
        ("W_X", 0, "There is no parameter 'W_X'. Layer 0 has W_K, W_O, W_Q, W_V, W_in, W_out, b_K,"),
        ("W_X", None, "There is no parameter 'W_X'. Outside of its layers the model has W_E, W_pos, W_seg,"),
        ("W_Q", None, "W_Q belongs to a layer: say which, from 0 to 5."),
        ("W_E", 0, "W_E belongs to no layer: parameter('W_E') gives it."),
        ("W_Q", -1, "Layer -1 is not there: give a whole number from 0 to 5."),
        ("W_Q", 6, "Layer 6 is not there: give a whole number from 0 to 5."),
        (5, 0, "There is no parameter 5."),
    ],
)
def test_what_is_not_there(minilm, name, layer, said):
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        minilm.parameter(name, layer)
