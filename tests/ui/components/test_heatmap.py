"""The data of the heatmap: one byte per weight with exact digits, the header, few bytes; and the values it accepts."""

import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.components import heatmap as module
from ui.components.heatmap import Tokens, encode_weights, heatmap, heatmap_payload, pack

N, PLANES = 5, 3
TOKENS = ["[CLS]", "an", "\x07", "<i>", "é"]
SPECIAL = [True, False, False, False, False]
QUERIES = Tokens(TOKENS, SPECIAL)
KEYS = Tokens([*"<abcdef"], [False] * 6 + [True])
NAMES = ["0", "1", "2"]


def even_pattern(planes=PLANES, n=N):
    return np.full((planes, n, n), 1 / n, np.float32)


def unpacked(message):
    (length,) = struct.unpack("<I", message[:4])
    return json.loads(message[4 : 4 + length]), np.frombuffer(message[4 + length :], np.uint8)


def code_of(weight):
    return int(encode_weights(np.array([weight], np.float64))[0])


def assert_code(weight):
    code = code_of(weight)
    hundredths = code >> 1
    assert f"{hundredths / 100:.2f}" == f"{weight:.2f}"
    assert (code & 1) == (weight >= hundredths / 100)
    assert abs(min(1, max(0, code / 2 - 0.25) / 100) - weight) <= 0.0025 + 1e-12


@given(st.floats(0, 1))
def test_a_code_gives_two_exact_decimals_and_the_side(weight):
    assert_code(weight)


@pytest.mark.parametrize("step", [200, 100, 1000])
def test_codes_are_exact_at_and_next_to_boundaries(step):
    for weight in np.arange(step + 1) / step:
        for near in (weight, np.nextafter(weight, -1), np.nextafter(weight, 2)):
            if 0 <= near <= 1:
                assert_code(float(near))


@pytest.mark.parametrize(
    ("weight", "code"),
    [(0, 1), (0.003, 1), (0.005, 2), (0.125, 25), (0.677, 136), (0.683, 137), (0.9999, 200), (1, 201)],
)
def test_known_codes(weight, code):
    assert code_of(weight) == code


def test_float32_weights_keep_the_printed_digits():
    weights = np.random.default_rng(7).dirichlet(np.full(11, 0.3), 13).astype(np.float32)
    printed = np.array([f"{float(weight):.2f}" for weight in weights.flat])
    assert [f"{(code >> 1) / 100:.2f}" for code in encode_weights(weights).flat] == printed.tolist()


def test_rounding_errors_of_a_softmax_are_clipped():
    assert encode_weights(np.array([-5e-5, 1 + 5e-5])).tolist() == [1, 201]


@pytest.mark.parametrize("weight", [-0.01, 1.01, np.nan, np.inf])
def test_numbers_that_are_not_weights_are_refused(weight):
    with pytest.raises(ValueError, match="expected attention weights between 0 and 1"):
        encode_weights(np.array([0.5, weight]))


def test_pack_is_length_header_planes():
    planes = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    message = pack({"é": 1}, planes)
    assert message == struct.pack("<I", 8) + '{"é":1}'.encode() + bytes(range(12))


def test_the_header_describes_the_planes():
    header, codes = unpacked(heatmap_payload(even_pattern(), QUERIES, None, NAMES))
    assert header == {
        "n": N,
        "planes": PLANES,
        "plane_names": NAMES,
        "tokens": ["[CLS]", "an", "U+0007", "<i>", "é"],
        "special": [1, 0, 0, 0, 0],
        "keys": None,
        "row_sums": None,
    }
    assert codes.size == PLANES * N * N


def test_keys_may_be_other_tokens_than_queries():
    pattern = np.full((PLANES, N, 7), 1 / 7, np.float32)
    pattern[2, 1] = [0, 0, 0, 0, 0, 0.1, 0.9]
    header, codes = unpacked(heatmap_payload(pattern, QUERIES, KEYS, NAMES))
    assert header["n"] == N
    assert header["keys"] == {"tokens": [*"<abcdef"], "special": [0, 0, 0, 0, 0, 0, 1]}
    assert (codes[2 * N * 7 + 7 : 2 * N * 7 + 14] >> 1).tolist() == [0, 0, 0, 0, 0, 10, 90]


def test_planes_are_in_the_order_plane_query_key():
    pattern = even_pattern()
    pattern[2, 1] = [0.9, 0.1, 0, 0, 0]
    _, codes = unpacked(heatmap_payload(pattern, QUERIES, None, NAMES))
    assert (codes[2 * N * N + N : 2 * N * N + 2 * N] >> 1).tolist() == [90, 10, 0, 0, 0]


def test_row_sums_are_sent_when_a_row_does_not_sum_to_1():
    pattern = even_pattern()
    pattern[1, 3] = [0.5, 0.25, 0, 0, 0]
    header, _ = unpacked(heatmap_payload(pattern, QUERIES, None, NAMES))
    assert np.shape(header["row_sums"]) == (PLANES, N)
    assert header["row_sums"][1] == [1, 1, 1, 0.75, 1]


@pytest.mark.parametrize(("n", "most"), [(128, 220_000), (256, 850_000)])
def test_twelve_heads_take_few_bytes(n, most):
    tokens, names = ["because"] * n, [str(head) for head in range(12)]
    pattern = even_pattern(12, n)
    pattern[:, :, 0] = 0
    assert 12 * n * n < len(heatmap_payload(pattern, Tokens(tokens, [False] * n), None, names)) <= most


@pytest.fixture
def mount(monkeypatch):
    """Mounts the heatmap without a page; called with a value from the browser, it returns the callbacks' arguments."""
    options, received = {}, []
    monkeypatch.setattr(module, "_mount", lambda **given: options.update(given))

    def sends(name, value):
        heatmap(
            heatmap_payload(even_pattern(), QUERIES, None, NAMES), even_pattern().shape, key="map",
            on_pick=lambda query, key: received.append((query, key)), on_head=received.append,
        )  # fmt: skip
        monkeypatch.setattr(module, "st", SimpleNamespace(session_state={"map": {name: value}}))
        options[f"on_{name}_change"]()
        return received

    return sends


def test_a_cell_is_passed_on(mount):
    assert mount("pick", {"query": 4, "key": 1}) == [(4, 1)]


def test_a_head_is_passed_on(mount):
    assert mount("head", 2) == [2]


@pytest.mark.parametrize(
    "pick", [None, 3, [1, 2], {"query": 5, "key": 0}, {"query": 0, "key": -1}, {"query": True, "key": 0}]
)
def test_a_value_that_is_not_a_cell_is_ignored(mount, pick):
    assert mount("pick", pick) == []


@pytest.mark.parametrize("head", [None, 3, -1, 1.0, "1", True])
def test_a_value_that_is_not_a_head_is_ignored(mount, head):
    assert mount("head", head) == []


@pytest.mark.parametrize(
    ("shape", "tokens", "keys", "names"),
    [
        ((3, 5, 7), TOKENS, None, NAMES), ((3, 5, 5), TOKENS[:4], None, NAMES), ((2, 5, 5), TOKENS, None, NAMES),
        ((3, 5, 5), TOKENS, KEYS, NAMES), ((3, 7, 5), TOKENS, KEYS, NAMES),
        ((3, 5, 7), TOKENS, Tokens(KEYS.names, SPECIAL), NAMES),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(shape, tokens, keys, names):
    with pytest.raises(ValueError, match=r"expected \[plane, query, key\]"):
        heatmap_payload(np.zeros(shape), Tokens(tokens, [False] * len(tokens)), keys, names)
