"""Configurations: whatever a key says, it is read or refused by name."""

from contextlib import suppress

import pytest

from attention_core.errors import AttentionLabError, UnsupportedConfigError
from attention_core.families.reading.configuration import read_config, several
from attention_core.families.registry import FAMILIES

ODD = [
    10**12, 10**30, 10**400, -(10**400), 1e308, float("nan"), float("inf"), "x", [], {}, [10**400], True, None, 0, 0.5,
    {"rope_type": "linear", "factor": 10**400}, {"rope_type": "default", "rope_theta": 10**400},
]  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_odd_values_are_read_or_refused_and_nothing_else(name):
    for family in filter(None, (FAMILIES[name], FAMILIES[name].encoder)):
        ruled = (key for rule in family.rules for key in rule.keys)
        for key in {*family.sizes.values(), *family.defaults, *family.aliases, *ruled}:
            for value in ODD:
                raw = {family.within: {key: value}} if family.within else {key: value}
                with suppress(AttentionLabError):
                    read_config(family, raw)


@pytest.mark.parametrize("name", FAMILIES)
def test_quantized_weights_are_refused_as_such(name):
    family, raw = FAMILIES[name], {"quantization_config": {"quant_method": "gptq"}}
    if family.within:
        raw = {family.within: raw}
    with pytest.raises(UnsupportedConfigError, match=r"Quantized weights.* are not read here\. Choose a copy"):
        read_config(family, raw)


def test_of_many_names_the_first_are_told():
    assert several(["a", "b"]) == "a, b"
    assert several(["a", "b", "c", "d"], most=2) == "a, b and 2 more"


def test_gemmas_first_checkpoints_say_gelu_and_mean_its_tanh_approximation():
    sizes = {
        "model_type": "gemma",
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "hidden_size": 8,
        "head_dim": 4,
        "num_key_value_heads": 1,
    }
    for name, activation in (("gelu", "gelu_tanh"), ("gelu_pytorch_tanh", "gelu_tanh"), ("relu", "relu")):
        assert read_config(FAMILIES["gemma"], sizes | {"hidden_act": name}).activation == activation
