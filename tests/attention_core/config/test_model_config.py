"""A configuration is validated on construction."""

from dataclasses import FrozenInstanceError

import pytest

from attention_core.config.model_config import OPTIONAL_SIZE_LIMITS, SIZE_LIMITS, ModelConfig, check_model_size
from attention_core.config.positions import Alibi, Relative, Rotary
from attention_core.errors import UnsupportedConfigError

GOOD = {
    "n_layers": 3, "n_heads": 5, "d_model": 35, "d_head": 7, "d_mlp": 53, "d_vocab": 101, "n_ctx": 43,
    "n_segments": 2, "norm_eps": 1e-12, "activation": "gelu", "causal": False,
}  # fmt: skip


def test_axes_have_their_sizes():
    axes = ModelConfig(**GOOD, n_kv_heads=1).axes
    assert axes == {
        "token": 101, "vocab": 101, "position_id": 43, "segment": 2, "model": 35, "embed": 35, "head": 5, "kv_head": 1,
        "group": 5, "dim": 7, "mlp": 53, "bucket": 0, "expert": 0, "expert_mlp": 0, "hidden": 35,
    }  # fmt: skip
    assert (ModelConfig(**GOOD).kv_head_axis, ModelConfig(**GOOD, n_kv_heads=1).kv_head_axis) == ("head", "kv_head")


@pytest.mark.parametrize("size", SIZE_LIMITS)
@pytest.mark.parametrize("value", [0, -1, 2.0, "3", None, True])
def test_a_size_that_is_not_a_positive_integer_is_named(size, value):
    with pytest.raises(UnsupportedConfigError, match=rf"^{size} must be .* got {value!r}\. Use another model"):
        ModelConfig(**GOOD | {size: value})


def test_query_heads_are_divided_equally_among_key_value_heads():
    with pytest.raises(UnsupportedConfigError, match=r"5 heads .* 2 key-value heads"):
        ModelConfig(**GOOD | {"n_kv_heads": 2})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"norm": "batch"}, r"norm must be one of layer, rms, got 'batch'"),
        ({"causal": 1}, "causal must be true or false, got 1"),
        ({"attn_soft_cap": 0}, "attn_soft_cap must be a number above 0, got 0"),
        ({"windows": (3, None)}, "windows must be given for each of 3 layers, got 2"),
        ({"windows": (3, None, 0)}, "windows must be a whole number of at least 1, got 0"),
        ({"positions": "rotary"}, "rotary must be given exactly when positions are rotary"),
        ({"positions": "rotary", "rotary": (Rotary(dim=8),) * 3}, "8 dimensions cannot be rotated: a head has 7"),
        ({"positions": "alibi", "relative": Relative(8, 17, True)}, "relative and alibi"),
        ({"positions": "alibi"}, "alibi must be given exactly when positions are alibi, got None"),
        ({"alibi": Alibi()}, "alibi must be given exactly when positions are alibi, got Alibi"),
        ({"position_from": "ids"}, "pad_id must be an id, got None"),
        ({"biases": frozenset({"b_what"})}, "biases .* got .'b_what'."),
        ({"d_embed": 11}, "d_embed 11 differs from d_model 35"),
    ],
)
def test_an_invalid_trait_is_named(change, message):
    with pytest.raises(UnsupportedConfigError, match=message):
        ModelConfig(**GOOD | change)


@pytest.mark.parametrize("eps", [0, -1e-12, float("nan")])
def test_norm_eps_is_above_zero(eps):
    with pytest.raises(UnsupportedConfigError, match="norm_eps"):
        ModelConfig(**GOOD | {"norm_eps": eps})


@pytest.mark.parametrize(("size", "most"), [*SIZE_LIMITS.items(), *OPTIONAL_SIZE_LIMITS.items()])
def test_a_size_above_its_limit_is_named(size, most):
    check_model_size(size, most)
    for more in (most + 1, 10**12, 10**400):
        with pytest.raises(UnsupportedConfigError, match=rf"^{size} must be a whole number from [01] to {most}, got"):
            ModelConfig(**GOOD | {size: more})


def test_a_configuration_is_frozen():
    with pytest.raises(FrozenInstanceError):
        ModelConfig(**GOOD).n_layers = 4
