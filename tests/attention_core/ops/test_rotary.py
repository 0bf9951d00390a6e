"""Rotary frequencies, against their formulas and their derivations."""

import math

import numpy as np
import pytest

import attention_core as ac
from attention_core.computation.derivation import Address, lines
from attention_core.config.positions import Rotary
from attention_core.explain import open_term
from attention_core.ops.rotary import frequencies, yarn_range
from tests.evaluate import holds
from tests.random_model import LLAMA, write_model


def test_frequencies_are_powers_of_the_base():
    expected = [1, 1000 ** (-1 / 3), 1000 ** (-2 / 3)]
    np.testing.assert_allclose(frequencies(Rotary(dim=6, base=1000), 5), expected, rtol=1e-6)


def test_scalings_lower_frequencies():
    plain = frequencies(Rotary(dim=10, base=500), 5)
    slow = frequencies(Rotary(dim=10, base=500, scaling="linear", factor=4), 5)
    np.testing.assert_allclose(slow, plain / 4)
    dynamic = Rotary(dim=10, base=500, scaling="dynamic", factor=3, original_n_ctx=7)
    np.testing.assert_array_equal(frequencies(dynamic, 7), plain)
    assert (frequencies(dynamic, 14)[1:] < plain[1:]).all()
    longrope = Rotary(
        dim=10, base=500, scaling="longrope", original_n_ctx=7, short_factor=(1,) * 5, long_factor=(1, 2, 3, 5, 7)
    )
    np.testing.assert_array_equal(frequencies(longrope, 7), plain)
    np.testing.assert_allclose(frequencies(longrope, 8), plain / [1, 2, 3, 5, 7], rtol=1e-6)


def test_llama3_keeps_high_frequencies_and_scales_low_ones():
    rotary = Rotary(
        dim=10, base=500, scaling="llama3", factor=8, original_n_ctx=64, low_freq_factor=1, high_freq_factor=4
    )
    plain, scaled = frequencies(Rotary(dim=10, base=500), 5), frequencies(rotary, 5)
    turns = 64 * plain / (2 * math.pi)
    np.testing.assert_allclose(scaled[turns > 4], plain[turns > 4])
    np.testing.assert_allclose(scaled[turns < 1], plain[turns < 1] / 8, rtol=1e-6)
    between = (turns > 1) & (turns < 4)
    assert between.any()
    assert ((plain / 8 < scaled) & (scaled < plain))[between].all()


@pytest.mark.parametrize(("n", "base"), [(7, 500), (14, 500 * 4 ** (10 / 8)), (21, 500 * 7 ** (10 / 8))])
def test_dynamic_scaling_raises_the_base_by_a_power_of_the_length(n, base):
    """The ratio is 3 n / 7 - 2."""
    rotary = Rotary(dim=10, base=500, scaling="dynamic", factor=3, original_n_ctx=7)
    np.testing.assert_allclose(frequencies(rotary, n), [base ** (-2 * pair / 10) for pair in range(5)], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (10, 23)),
        ({"truncate": False}, (10.4718, 22.5134)),
        ({"dim": 4, "base": 10}, (2, 3)),  # the last pair is at most dim - 1
        ({"dim": 8, "original_n_ctx": 40}, (0, 1)),  # the first is at least 0
    ],
)
def test_yarns_ramp_is_between_the_pairs_that_turn_32_times_and_once(change, expected):
    """The pair that turns r times within the context is dim ln(n_ctx / (2 pi r)) / (2 ln base)."""
    rotary = Rotary(**{"dim": 64, "base": 10_000, "scaling": "yarn", "factor": 4, "original_n_ctx": 4096} | change)
    assert yarn_range(rotary) == pytest.approx(expected, abs=1e-3)


SCALINGS = {
    "none": {"rope_type": "default"},
    "linear": {"rope_type": "linear", "factor": 2.5},
    "dynamic": {"rope_type": "dynamic", "factor": 4.0},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 11},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 19},
    "longrope": {"rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 13,
                 "short_factor": [1.0, 1.5, 2.0, 2.5, 3.0], "long_factor": [2.0, 3.5, 7.0, 8.0, 9.0]},
}  # fmt: skip


@pytest.mark.parametrize("n", [7, 20])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_derivation_of_a_frequency_shows_its_scaling(tmp_path, scaling, n):
    raw = LLAMA | {"rope_scaling": SCALINGS[scaling], "rope_theta": 500.0, "max_position_embeddings": 13}
    trace = ac.load(write_model(tmp_path, raw | ({} if scaling == "dynamic" else {"max_position_embeddings": 43})))
    trace = trace.trace(ids=list(range(5, 5 + n)))
    for pair, frequency in enumerate(trace.array("frequency", None)):
        term = open_term(trace, Address("frequency", (pair,)))
        assert float(term.value) == pytest.approx(float(frequency), rel=1e-6)
        assert "500^(−2 × " in term.note or scaling == "dynamic"
        assert (f"text of {n} positions" in term.note) == (scaling == "longrope" or (scaling == "dynamic" and n > 13))
        assert bool(term.parts) == (scaling not in ("none", "dynamic"))
        for line in lines(term) if term.parts else []:
            assert holds(line.text), line.text
