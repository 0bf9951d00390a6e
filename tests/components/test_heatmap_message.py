"""What the heatmap sends: one byte a weight, digits exact, few bytes."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import chosen_cell, visible
from components.heatmap import encode_weights, payload
from components.token_strip import Selection, StripToken, strip_data


@given(st.floats(0, 1))
def test_the_digits_are_exact(weight):
    code = int(encode_weights(np.array([weight]))[0])
    assert f"{(code >> 1) / 100:.2f}" == f"{weight:.2f}"
    assert abs(max(0, code / 2 - 0.25) / 100 - weight) <= 0.0051


@pytest.mark.parametrize("weight", [-0.01, 1.01, float("nan")])
def test_what_is_no_weight_is_refused(weight):
    with pytest.raises(ValueError, match="between 0 and 1"):
        encode_weights(np.array([weight]))


def taken_apart(message):
    (length,) = struct.unpack("<I", message[:4])
    return json.loads(message[4 : 4 + length]), np.frombuffer(message[4 + length :], np.uint8)


def test_the_message_holds_every_plane():
    pattern = np.full((2, 3, 3), 1 / 3, np.float32)
    pattern[1, 2] = [0.5, 0.25, 0]
    header, codes = taken_apart(payload(pattern, ["a", "<b>", "\x07"], [True, False, False], ["0", "1"]))
    assert header["tokens"] == ["a", "<b>", "U+0007"]
    assert header["row_sums"][1][2] == 0.75
    assert (codes.reshape(2, 3, 3)[1, 2] >> 1).tolist() == [50, 25, 0]


@pytest.mark.parametrize(("n", "most"), [(128, 220_000), (256, 850_000)])
def test_twelve_heads_are_few_bytes(n, most):
    pattern = np.full((12, n, n), 1 / n, np.float32)
    assert len(payload(pattern, ["##token"] * n, [False] * n, [str(h) for h in range(12)])) <= most


@pytest.mark.parametrize(
    "pick", [None, 3, [], {"query": 1}, {"query": -1, "key": 0}, {"query": 5, "key": 0}, {"query": True, "key": 0}]
)
def test_a_pick_that_is_no_cell_is_dropped(pick):
    assert chosen_cell(pick, 5) is None


def test_a_pick_is_a_cell():
    assert chosen_cell({"query": 4, "key": 0}, 5) == (4, 0)


def test_unseen_characters_are_spelled_out_and_joined_emoji_kept():
    assert visible("a\x07\u202eb") == "aU+0007U+202Eb"
    assert visible("👩\u200d👧") == "👩\u200d👧"


def test_the_strip_holds_the_selection():
    data = strip_data([StripToken("Hi", "hi"), StripToken("", "[SEP]", special=True)], Selection(1, 0, 7))
    assert (data["query"], data["key"], data["head"]) == (1, 0, 7)
    assert data["labels"] == ["Hi", "[SEP]"]
    assert data["pieces"] == ["hi", None]
