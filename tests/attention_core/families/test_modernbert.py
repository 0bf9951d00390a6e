"""ModernBERT's configurations in the old format and in the new one, which has a rotation per kind of layer."""

import numpy as np
import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.modernbert import MODERNBERT
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import adapt_to_checkpoint, source_at
from attention_core.families.reading.windows import FULL, SLIDING
from tests.attention_core.families.small import written

OLD = {
    "architectures": ["ModernBertForMaskedLM"], "attention_bias": False, "attention_dropout": 0.0,
    "bos_token_id": 50281, "classifier_activation": "gelu", "classifier_bias": False, "classifier_dropout": 0.0,
    "classifier_pooling": "mean", "cls_token_id": 50281, "decoder_bias": True, "deterministic_flash_attn": False,
    "embedding_dropout": 0.0, "eos_token_id": 50282, "global_attn_every_n_layers": 3, "global_rope_theta": 160000.0,
    "gradient_checkpointing": False, "hidden_activation": "gelu", "hidden_size": 768,
    "initializer_cutoff_factor": 2.0, "initializer_range": 0.02, "intermediate_size": 1152, "layer_norm_eps": 1e-05,
    "local_attention": 128, "local_rope_theta": 10000.0, "max_position_embeddings": 8192, "mlp_bias": False,
    "mlp_dropout": 0.0, "model_type": "modernbert", "norm_bias": False, "norm_eps": 1e-05,
    "num_attention_heads": 12, "num_hidden_layers": 22, "pad_token_id": 50283, "position_embedding_type": "absolute",
    "reference_compile": False, "sep_token_id": 50282, "tie_word_embeddings": True, "torch_dtype": "float32",
    "transformers_version": "4.47.0.dev0", "vocab_size": 50368,
}  # fmt: skip
NEW = {
    key: value
    for key, value in OLD.items()
    if key not in ("global_attn_every_n_layers", "global_rope_theta", "local_rope_theta")
} | {
    "layer_types": [SLIDING if layer % 3 else FULL for layer in range(22)],
    "rope_parameters": {
        FULL: {"rope_type": "default", "rope_theta": 160000.0},
        SLIDING: {"rope_type": "default", "rope_theta": 10000.0},
    },
}


def test_every_third_layer_is_full_and_the_others_have_64_tokens_on_each_side():
    config = read_config(MODERNBERT, OLD)
    assert [layer for layer in range(22) if config.window(layer) is None] == [0, 3, 6, 9, 12, 15, 18, 21]
    assert {config.window(layer) for layer in range(22)} == {65, None}
    assert [rotary.base for rotary in config.rotary[:4]] == [160000.0, 10000.0, 10000.0, 160000.0]
    assert {rotary.dim for rotary in config.rotary} == {64}
    assert (config.unnormed_layers, config.norm_bias, config.biases) == ((0,), False, frozenset({"b_U"}))


def test_both_formats_of_the_configuration_are_equivalent():
    assert read_config(MODERNBERT, NEW) == read_config(MODERNBERT, OLD)


def test_a_scaling_applies_to_both_kinds_of_layers():
    config = read_config(MODERNBERT, OLD | {"rope_scaling": {"rope_type": "linear", "factor": 4.0}})
    assert {(rotary.base, rotary.factor) for rotary in config.rotary} == {(160000.0, 4.0), (10000.0, 4.0)}


def test_the_head_exists_if_it_is_for_masked_tokens_and_stored(tmp_path):
    config = read_config(MODERNBERT, OLD)
    assert (config.head, config.head_activation) == ("tied", "gelu")
    stored = source_at(MODERNBERT, config, "W_head", None).name
    some = np.ones(1, np.float32)
    assert adapt_to_checkpoint(MODERNBERT, config, written(tmp_path, {stored: some})).head == "tied"
    table = written(tmp_path, {"model.embeddings.tok_embeddings.weight": some})
    assert adapt_to_checkpoint(MODERNBERT, config, table).head == "none"
    for names in (["ModernBertForSequenceClassification"], None, []):
        assert read_config(MODERNBERT, OLD | {"architectures": names}).head == "none"


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("local_attention", -1, "local_attention"),
        ("local_attention", 8.5, "local_attention"),
        ("global_attn_every_n_layers", 0, "global_attn_every_n_layers"),
        ("global_rope_theta", None, "rope_theta = None"),
        ("rope_parameters", {"rope_theta": 77.0}, "rope_parameters"),
        ("rope_parameters", {FULL: 3}, "rope_parameters and rope_scaling must be objects"),
        ("rope_scaling", {"rope_type": "dynamic", "factor": 2.0}, "dynamic"),
        ("layer_types", [FULL], "layer_types"),
        ("is_decoder", True, "is_decoder"),
        ("norm_bias", 1, "norm_bias"),
    ],
)
def test_unsupported_values_are_refused_by_name(key, value, named):
    with pytest.raises(UnsupportedConfigError, match=named):
        read_config(MODERNBERT, OLD | {key: value})
