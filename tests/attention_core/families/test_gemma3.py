"""Gemma 3's configurations in the old format and in the new one, which has a rotation per kind of layer."""

import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.gemma3 import GEMMA3, GEMMA3_TEXT
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.windows import FULL, SLIDING

OLD = {
    "model_type": "gemma3_text", "num_hidden_layers": 13, "rope_theta": 700.0, "rope_local_base_freq": 50.0,
    "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "sliding_window": 5, "sliding_window_pattern": 6,
    "cache_implementation": "hybrid", "attn_logit_softcapping": None, "query_pre_attn_scalar": 168,
}  # fmt: skip
NEW = {
    "model_type": "gemma3_text", "num_hidden_layers": 13, "sliding_window": 5, "query_pre_attn_scalar": 168,
    "layer_types": [FULL if layer in (5, 11) else SLIDING for layer in range(13)],
    "rope_parameters": {
        FULL: {"rope_type": "linear", "factor": 8.0, "rope_theta": 700.0},
        SLIDING: {"rope_type": "default", "rope_theta": 50.0},
    },
}  # fmt: skip


def test_every_sixth_layer_is_full_with_its_own_scaled_rotation():
    config = read_config(GEMMA3_TEXT, OLD)
    assert [layer for layer in range(13) if config.window(layer) is None] == [5, 11]
    assert {config.window(layer) for layer in range(13)} == {5, None}
    near, far = config.rotary[0], config.rotary[5]
    assert (near.base, near.scaling) == (50.0, "none")
    assert (far.base, far.scaling, far.factor) == (700.0, "linear", 8.0)
    assert config.rotary == tuple(far if layer in (5, 11) else near for layer in range(13))
    assert config.attn_root == 168


def test_both_formats_of_the_configuration_are_equivalent():
    assert read_config(GEMMA3_TEXT, NEW) == read_config(GEMMA3_TEXT, OLD)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sliding_window", None),
        ("sliding_window_pattern", 0),
        ("rope_parameters", {"rope_theta": 77.0}),
        ("rope_scaling", {"rope_type": "dynamic", "factor": 2.0}),
        ("attn_logit_softcapping", 50.0),
        ("use_bidirectional_attention", True),
        ("layer_types", [FULL]),
    ],
)
def test_unsupported_values_are_refused_by_name(key, value):
    with pytest.raises(UnsupportedConfigError, match=key if key != "rope_scaling" else "dynamic"):
        read_config(GEMMA3_TEXT, OLD | {key: value})


AROUND = {"model_type": "gemma3", "text_config": OLD, "vision_config": {"hidden_size": 17}, "image_token_index": 262144,
          "boi_token_index": 255999, "eoi_token_index": 256000, "mm_tokens_per_image": 256}  # fmt: skip


def test_a_multimodal_model_is_read_as_its_language_model():
    assert read_config(GEMMA3, AROUND) == read_config(GEMMA3_TEXT, OLD)


@pytest.mark.parametrize(
    ("key", "value"),
    [("text_config", None), ("hidden_size", 7), ("tie_word_embeddings", False)],
)
def test_unsupported_keys_around_the_language_model_are_refused(key, value):
    with pytest.raises(UnsupportedConfigError, match=key):
        read_config(GEMMA3, AROUND | {key: value})


def test_a_soft_cap_that_the_reference_ignores_is_refused():
    with pytest.raises(UnsupportedConfigError, match="final_logit_softcapping"):
        read_config(GEMMA3, AROUND | {"text_config": OLD | {"final_logit_softcapping": 30.0}})
