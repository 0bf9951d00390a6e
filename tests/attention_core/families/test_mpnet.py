"""MPNet: the distance term beside BERT's learned positions, and what its configuration cannot change."""

import pytest

from attention_core.architecture.block import declaration
from attention_core.config.positions import Relative
from attention_core.errors import UnsupportedConfigError
from attention_core.families.mpnet import MPNET
from attention_core.families.reading.configuration import read_config

RAW = {
    "architectures": ["MPNetForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02,
    "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "mpnet",
    "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "relative_attention_num_buckets": 32,
    "transformers_version": "4.8.2", "vocab_size": 30527,
}  # fmt: skip


def test_positions_are_counted_from_2_whatever_the_padding_id():
    for pad in (1, 3, None):
        config = read_config(MPNET, RAW | {"pad_token_id": pad})
        assert (config.position_from, config.pad_id, config.position_offset, config.n_ctx) == ("ids", 1, 2, 512)


def test_scores_have_a_distance_term_beside_learned_positions():
    config = read_config(MPNET, RAW)
    assert (config.positions, config.relative, config.n_segments) == ("learned", Relative(32, 128, True), 0)
    ends, layer = declaration(config, None), declaration(config, 3)
    assert [each.name for each in ends["embed_sum"].inputs] == ["W_E", "W_pos"]
    assert [each.name for each in ends["position_bias"].inputs] == ["W_rel"]
    assert [each.name for each in layer["biased"].inputs] == ["score", "position_bias"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("relative_attention_num_buckets", 64), ("is_decoder", True), ("max_position_embeddings", 2)],
)
def test_unsupported_values_are_refused_by_name(key, value):
    with pytest.raises(UnsupportedConfigError, match=f"{key} = {value}"):
        read_config(MPNET, RAW | {key: value})
