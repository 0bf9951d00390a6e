"""Configurations: every value of a key is read or refused by name."""

from contextlib import suppress

import pytest

from attention_core.errors import AttentionLabError, UnsupportedConfigError
from attention_core.families.reading.configuration import end_token_ids, read_config, same_value
from attention_core.families.registry import FAMILIES
from tests.random_model import LLAMA

ODD = [
    10**12, 10**30, 10**400, -(10**400), 1e308, float("nan"), float("inf"), "x", [], {}, [10**400], True, None, 0, 0.5,
    {"rope_type": "linear", "factor": 10**400}, {"rope_type": "default", "rope_theta": 10**400},
]  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_odd_values_are_read_or_refused(name):
    for family in filter(None, (FAMILIES[name], FAMILIES[name].encoder)):
        ruled = (key for rule in family.rules for key in rule.keys)
        for key in {*family.sizes.values(), *family.defaults, *family.aliases, *ruled}:
            for value in ODD:
                raw = {family.within: {key: value}} if family.within else {key: value}
                with suppress(AttentionLabError):
                    read_config(family, raw)


@pytest.mark.parametrize("name", FAMILIES)
def test_quantized_weights_are_refused(name):
    family, raw = FAMILIES[name], {"quantization_config": {"quant_method": "gptq"}}
    if family.within:
        raw = {family.within: raw}
    with pytest.raises(UnsupportedConfigError, match=r"Quantized weights.* are not supported\. Choose a copy"):
        read_config(family, raw)


def test_gelu_in_gemma_is_its_tanh_approximation():
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


def test_values_of_other_types_are_not_the_same():
    assert same_value(1, 1)
    assert not same_value(True, 1)
    assert not same_value(1.0, 1)


def test_the_first_token_may_end_a_text():
    assert end_token_ids([0, 2]) == (0, 2)
    assert end_token_ids(0) == (0,)
    assert end_token_ids(-1) == end_token_ids(None) == end_token_ids("2") == end_token_ids(True) == ()


def test_llama3s_factors_are_not_equal():
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 2.0, "high_freq_factor": 2.0}
    with pytest.raises(UnsupportedConfigError, match="low_freq_factor must be below high_freq_factor"):
        read_config(FAMILIES["llama"], {**LLAMA, "rope_scaling": scaling})
