"""GPT-Neo, GPT-J, BLOOM and Falcon: the special steps of each open, and known configurations are read."""

import math

import numpy as np
import pytest

from attention_core import explain
from attention_core.computation.derivation import Address, named_steps
from attention_core.config.positions import Alibi, Rotary
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.configuration import read_config
from attention_core.families.registry import family_of
from attention_core.ops.positions import alibi_slopes
from tests.attention_core.families.small import small
from tests.walk import open_all

SUMMARY = {"summary_activation": None, "summary_first_dropout": 0.1, "summary_proj_to_labels": True,
           "summary_type": "cls_index", "summary_use_proj": True}  # fmt: skip
GPT_NEO = {
    "model_type": "gpt_neo", "num_layers": 2, "num_heads": 5, "hidden_size": 35, "intermediate_size": 13,
    "vocab_size": 23, "max_position_embeddings": 17, "window_size": 3,
    "attention_types": [[["global", "local"], 1]],
}  # fmt: skip
GPTJ = {
    "model_type": "gptj", "n_layer": 2, "n_head": 5, "n_embd": 35, "n_inner": 13, "vocab_size": 23, "n_positions": 17,
    "rotary_dim": 4,
}  # fmt: skip
BLOOM = {"model_type": "bloom", "n_layer": 2, "n_head": 5, "hidden_size": 35, "vocab_size": 23}
FALCON = {
    "model_type": "falcon", "num_hidden_layers": 2, "num_attention_heads": 6, "hidden_size": 42, "ffn_hidden_size": 13,
    "vocab_size": 23, "max_position_embeddings": 17,
}  # fmt: skip
ROTATED = FALCON | {"hidden_size": 48, "new_decoder_architecture": True, "num_kv_heads": 2}
SLOPED = FALCON | {"alibi": True, "bias": True, "parallel_attn": False}
NAMES = ["gpt_neo", "gptj", "bloom", "falcon, rotated", "falcon, alibi"]
FIXED = {"position_id", "frequency", "slope"}  # neither trained nor computed from trained numbers
IDS = [5, 17, 3, 20, 2, 11, 7]
REAL = {
    "gpt-neo-125m": {
        "model_type": "gpt_neo", "activation_function": "gelu_new", "architectures": ["GPTNeoForCausalLM"],
        "attention_dropout": 0, "attention_layers": ["global", "local"] * 6,
        "attention_types": [[["global", "local"], 6]], "bos_token_id": 50256, "embed_dropout": 0,
        "eos_token_id": 50256, "gradient_checkpointing": False, "hidden_size": 768, "initializer_range": 0.02,
        "intermediate_size": None, "layer_norm_epsilon": 1e-05, "max_position_embeddings": 2048, "num_heads": 12,
        "num_layers": 12, "resid_dropout": 0, "use_cache": True, "vocab_size": 50257, "window_size": 256, **SUMMARY,
    },
    "gpt-j-6b": {
        "model_type": "gptj", "activation_function": "gelu_new", "attn_pdrop": 0.0, "embd_pdrop": 0.0,
        "n_embd": 4096, "n_head": 16, "n_inner": None, "n_layer": 28, "n_positions": 2048, "resid_pdrop": 0.0,
        "rotary": True, "rotary_dim": 64, "scale_attn_weights": True, "tie_word_embeddings": False,
        "tokenizer_class": "GPT2Tokenizer", "vocab_size": 50400,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}, **SUMMARY,
    },
    "bloom-560m": {
        "model_type": "bloom", "apply_residual_connection_post_layernorm": False, "attention_dropout": 0.0,
        "attention_softmax_in_fp32": True, "bias_dropout_fusion": True, "hidden_dropout": 0.0,
        "masked_softmax_fusion": True, "n_embed": 1024, "n_inner": None, "n_layer": 24, "num_attention_heads": 16,
        "offset_alibi": 100, "pad_token_id": 3, "pretraining_tp": 1, "seq_length": 2048, "skip_bias_add": True,
        "skip_bias_add_qkv": False, "slow_but_exact": False, "unk_token_id": 0, "use_cache": True,
        "vocab_size": 250880,
    },
    "falcon-7b": {
        "model_type": "falcon", "alibi": False, "apply_residual_connection_post_layernorm": False,
        "attention_dropout": 0.0, "auto_map": {"AutoConfig": "configuration_falcon.FalconConfig"}, "bias": False,
        "hidden_dropout": 0.0, "hidden_size": 4544, "multi_query": True, "new_decoder_architecture": False,
        "num_attention_heads": 71, "num_hidden_layers": 32, "num_kv_heads": 71, "parallel_attn": True,
        "vocab_size": 65024,
    },
    "falcon-rw-1b": {
        "model_type": "falcon", "alibi": True, "bias": True, "hidden_size": 2048, "multi_query": False,
        "new_decoder_architecture": False, "num_attention_heads": 32, "num_hidden_layers": 24, "num_kv_heads": 32,
        "parallel_attn": False, "vocab_size": 50304,
    },
    "falcon-11b": {
        "model_type": "falcon", "activation": "gelu", "alibi": False, "bias": False, "ff_factor": 4,
        "ffn_hidden_size": 16384, "hidden_size": 4096, "max_position_embeddings": 8192, "multi_query": True,
        "new_decoder_architecture": True, "num_attention_heads": 32, "num_hidden_layers": 60, "num_kv_heads": 8,
        "num_ln_in_parallel_attn": 1, "parallel_attn": True, "rope_scaling": None, "rope_theta": 5000042.0,
        "tie_word_embeddings": False, "vocab_size": 65024,
    },
}  # fmt: skip


def read(raw):
    return read_config(family_of(raw), raw)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-neo-125m", {"windows": (None, 256) * 6, "d_mlp": 3072, "attn_root": 1.0}),
        ("gpt-j-6b", {"rotary": (Rotary(dim=64, interleaved=True),) * 28, "parallel_block": "one", "d_head": 256}),
        ("bloom-560m", {"n_heads": 16, "d_model": 1024, "d_mlp": 4096, "alibi": Alibi(), "embed_norm": True}),
        ("falcon-7b", {"n_kv_heads": 1, "parallel_block": "one", "d_head": 64, "d_mlp": 18176}),
        ("falcon-rw-1b", {"n_kv_heads": 32, "parallel_block": "no", "alibi": Alibi(scaled=True, coarse=True)}),
        ("falcon-11b", {"n_kv_heads": 8, "parallel_block": "one", "rotary": (Rotary(dim=128, base=5000042.0),) * 60}),
    ],
)
def test_well_known_configurations_are_read(name, expected):
    config = read(REAL[name])
    assert {field: getattr(config, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (GPT_NEO | {"attention_layers": ["local", "global"]}, "do not agree"),
        (GPT_NEO | {"attention_types": [[["global"], 3]]}, "for each of 2 layers"),
        (GPT_NEO | {"attention_types": "global"}, "must list kinds"),
        (GPT_NEO | {"window_size": 0}, "window_size must be a whole number of at least 1, got 0"),
        (GPTJ | {"rotary_dim": 3}, "rotary_dim must be an even"),
        (GPTJ | {"rotary_dim": 8}, "8 dimensions cannot be rotated: a head has 7"),
        (BLOOM | {"slow_but_exact": True}, "slow_but_exact"),
        (BLOOM | {"num_attention_heads": 7}, "num_attention_heads = 7 does not agree with n_head = 5"),
        (FALCON | {"num_ln_in_parallel_attn": 2}, "num_ln_in_parallel_attn = 2 is not supported"),
        (ROTATED | {"parallel_attn": False}, "without parallel_attn"),
        (FALCON | {"multi_query": False, "num_kv_heads": 2}, "num_kv_heads = 2 is not supported without multi_query"),
        (FALCON | {"alibi": None}, "alibi must be true or false"),
    ],
)
def test_unsupported_configurations_are_refused_by_name(raw, said):
    with pytest.raises(UnsupportedConfigError, match=said):
        read(raw)


@pytest.mark.parametrize("raw", [GPT_NEO, GPTJ, BLOOM, ROTATED, SLOPED], ids=NAMES)
def test_a_weight_opens_down_to_trained_numbers(raw):
    trace = small(raw).trace(ids=IDS)
    ends = set()
    for address, term in open_all(trace, Address("weight", (1, 2, 4, 3))):
        if not term.parts:
            ends.add(address.quantity)
            assert "trained parameter" in term.note or address.quantity in FIXED
    assert {"W_Q", "W_K", "W_V", "W_O", "W_in", "W_out", "w_attn"} <= ends
    expected = {"gpt_neo": set(), "gptj": {"position_id", "frequency"}, "bloom": {"position_id", "slope"}}
    falcon = {"position_id", "frequency"} if raw is ROTATED else {"position_id", "slope"}
    assert ends & FIXED == expected.get(raw["model_type"], falcon)


def named_terms(trace, layer, head, query, key):
    """The named terms of one weight."""
    return {term.name: term for term in named_steps(explain.weight(trace, layer, head, query, key))}


def test_gpt_neo_has_unscaled_scores_and_alternating_windows():
    trace = small(GPT_NEO).trace(ids=IDS)
    np.testing.assert_array_equal(trace.mask(0)[6], True)
    np.testing.assert_array_equal(trace.mask(1)[6], [False] * 4 + [True] * 3)
    assert list(named_terms(trace, 1, 2, 4, 3)) == ["score", "max", "sum", "weight"]
    assert len(named_terms(trace, 1, 2, 4, 3)["score"].parts) == 7  # a product for each dimension, and no division


def test_gptj_rotates_neighbouring_dimensions():
    trace = small(GPTJ).trace(ids=IDS)
    term = explain.open_term(trace, Address("q_rotated", (1, 2, 4, 3)))
    assert [[part.at.indices[-1] for part in product.parts] for product in term.parts] == [[3, 1], [2, 1]]
    assert explain.open_term(trace, Address("q_rotated", (1, 2, 4, 6))).parts[0].at == Address("q", (1, 2, 4, 6))


def test_bloom_adds_slope_times_position_to_the_scaled_score():
    trace = small(BLOOM).trace(ids=IDS)
    terms = named_terms(trace, 1, 4, 5, 3)
    assert list(terms) == ["q·k", "score", "ALiBi", "biased", "max", "sum", "weight"]
    assert terms["ALiBi"].value == pytest.approx(alibi_slopes(5)[4] * 3)
    assert terms["biased"].value == pytest.approx(terms["q·k"].value / math.sqrt(7) + alibi_slopes(5)[4] * 3)
    assert trace.scores(1)[4, 5, 3] == pytest.approx(terms["biased"].value, abs=1e-5)


def test_falcon_rounds_the_alibi_term_and_scales_it_like_the_scores():
    trace = small(SLOPED).trace(ids=IDS)
    slope = 2 ** (-4 / 4)  # of head 4 of 6: the first of those between 2^-2, 2^-4, 2^-6 and 2^-8
    terms = named_terms(trace, 1, 4, 5, 3)
    assert terms["ALiBi"].value == pytest.approx(slope * 3 / math.sqrt(7))
    assert [name for name in terms if "ramp" in name] == ["ramp", "coarse_ramp"]
    assert trace.scores(1)[4, 5, 3] == pytest.approx((terms["q·k"].value + slope * 3) / math.sqrt(7), abs=1e-5)


def test_falcons_heads_share_keys_in_groups():
    trace = small(ROTATED).trace(ids=IDS)
    assert trace.k(0).shape == (2, 7, 8)
    score = explain.open_term(trace, Address("product", (0, 4, 5, 3)))
    assert [part.at.indices[:2] for part in score.parts[0].parts] == [(0, 4), (0, 1)]
