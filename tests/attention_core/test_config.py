"""A configuration is checked when it is made."""

from dataclasses import FrozenInstanceError

import pytest

from attention_core.config import SIZES, ModelConfig
from attention_core.errors import UnsupportedConfigError

GOOD = {
    "n_layers": 3, "n_heads": 5, "d_model": 35, "d_head": 7, "d_mlp": 53, "d_vocab": 101, "n_ctx": 43,
    "n_segments": 2, "norm_eps": 1e-12, "activation": "gelu", "causal": False,
}  # fmt: skip


def test_the_sizes_by_name_and_nothing_else():
    assert ModelConfig(**GOOD).sizes == {name: GOOD[name] for name in SIZES}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [0, -1, 2.0, "3", None, True])
def test_a_size_that_is_no_positive_whole_number_is_named(size, value):
    with pytest.raises(UnsupportedConfigError, match=rf"^{size} must be .* got {value!r}\.$"):
        ModelConfig(**GOOD | {size: value})


def test_heads_have_to_fit_the_width():
    with pytest.raises(UnsupportedConfigError, match="5 × 11 is not 35"):
        ModelConfig(**GOOD | {"d_head": 11})


@pytest.mark.parametrize("eps", [0, -1e-12, float("nan")])
def test_norm_eps_is_above_zero(eps):
    with pytest.raises(UnsupportedConfigError, match="norm_eps"):
        ModelConfig(**GOOD | {"norm_eps": eps})


def test_a_configuration_is_frozen():
    with pytest.raises(FrozenInstanceError):
        ModelConfig(**GOOD).n_layers = 4
