"""BART, mBART, Marian and Pegasus: configurations and checkpoints as on the hub."""

import math

import numpy as np
import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import adapt_to_checkpoint
from attention_core.families.registry import FAMILIES
from attention_core.ops.positions import sinusoids
from tests.attention_core.families.small import written

OLD = {
    "_num_labels": 3, "activation_dropout": 0.1, "add_bias_logits": False, "attention_dropout": 0.1,
    "bad_words_ids": [[58100]], "bos_token_id": 0, "classif_dropout": 0.1, "classifier_dropout": 0.0,
    "decoder_layerdrop": 0.0, "encoder_layerdrop": 0.0, "dropout": 0.1, "eos_token_id": 0, "forced_eos_token_id": 0,
    "id2label": {}, "init_std": 0.02, "is_encoder_decoder": True, "label2id": {}, "max_length": 512,
    "num_beams": 4, "num_hidden_layers": 6, "output_past": False, "use_cache": True, "transformers_version": "4.22.0",
    "d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8,
    "decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048,
}  # fmt: skip
MARIAN = OLD | {
    "model_type": "marian", "architectures": ["MarianMTModel"], "activation_function": "swish",
    "add_final_layer_norm": False, "decoder_start_token_id": 58100, "decoder_vocab_size": 58101, "vocab_size": 58101,
    "max_position_embeddings": 512, "normalize_before": False, "normalize_embedding": False, "pad_token_id": 58100,
    "scale_embedding": True, "share_encoder_decoder_embeddings": True, "static_position_embeddings": True,
}  # fmt: skip


def sides(raw):
    family = FAMILIES[raw["model_type"]]
    return read_config(family.encoder, raw), read_config(family, raw)


def test_a_translation_model_from_the_hub():
    encoder, decoder = sides(MARIAN)
    assert (encoder.causal, encoder.cross, encoder.head) == (False, False, "none")
    assert (decoder.causal, decoder.cross, decoder.head, decoder.start_id) == (True, True, "tied", 58100)
    for side in (encoder, decoder):
        assert (side.positions, side.norm_position, side.embed_norm, side.final_norm) == (
            "sinusoidal", "post", False, False,
        )  # fmt: skip
        assert (side.activation, side.embed_scale, side.n_ctx, side.d_vocab) == ("silu", math.sqrt(512), 512, 58101)


@pytest.mark.parametrize(
    ("model_type", "norm_position", "embed_norm", "positions"),
    [("bart", "post", True, "learned"), ("mbart", "pre", True, "learned"), ("marian", "post", False, "sinusoidal"),
     ("pegasus", "pre", False, "sinusoidal")],
)  # fmt: skip
def test_differences_between_the_families(model_type, norm_position, embed_norm, positions):
    for side in sides({"model_type": model_type}):
        assert (side.norm_position, side.embed_norm, side.positions) == (norm_position, embed_norm, positions)
        assert side.final_norm == (norm_position == "pre")
        assert side.position_offset == (2 if positions == "learned" else 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"decoder_vocab_size": 60001}, "decoder_vocab_size = 60001"),
        ({"share_encoder_decoder_embeddings": False}, "share_encoder_decoder_embeddings = False"),
        ({"normalize_before": True}, "normalize_before = True"),
        ({"static_position_embeddings": False}, "static_position_embeddings = False"),
        ({"num_hidden_layers": 5}, "num_hidden_layers = 5 does not agree with encoder_layers = 6"),
        ({"scale_embedding": None}, "scale_embedding"),
        ({"is_decoder": True}, "is_decoder = True"),
        ({"activation_function": "else"}, "activation_function = 'else'"),
        ({"decoder_attention_heads": 7}, "d_model = 512 cannot be divided equally among 7"),
    ],
)
def test_unsupported_values_are_refused_by_name(change, named):
    with pytest.raises(UnsupportedConfigError, match=named):
        sides(MARIAN | change)


def test_stored_positions_that_are_not_sinusoids_are_used(tmp_path):
    family = FAMILIES["marian"].encoder
    config = read_config(family, MARIAN | {"d_model": 24, "max_position_embeddings": 11})
    name, table = "model.encoder.embed_positions.weight", sinusoids(np.arange(11), 24)
    assert adapt_to_checkpoint(family, config, written(tmp_path, {name: table})).positions == "sinusoidal"
    coarse = written(tmp_path, {name: table.astype(np.float16)})
    assert adapt_to_checkpoint(family, config, coarse).positions == "learned"


def test_a_checkpoint_without_a_logit_bias(tmp_path):
    family = FAMILIES["bart"]
    config = read_config(family, {"model_type": "bart"})
    stored = written(tmp_path, {"final_logits_bias": np.zeros((1, 5), np.float32)})
    assert "b_U" in adapt_to_checkpoint(family, config, stored).biases
    assert adapt_to_checkpoint(family, config, written(tmp_path, {})).biases == config.biases - {"b_U"}
