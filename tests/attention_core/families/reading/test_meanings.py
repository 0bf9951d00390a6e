"""The meaning of each key of another family: a value that agrees with what is computed, and one that does not."""

import pytest

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.meanings import MEANINGS, agrees
from attention_core.families.reading.windows import FULL, SLIDING
from attention_core.families.registry import FAMILIES

SIZES = {
    "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "hidden_size": 60, "head_dim": 10,
    "intermediate_size": 53, "vocab_size": 101, "max_position_embeddings": 43,
}  # fmt: skip
LLAMA = ("llama", SIZES | {"rope_theta": 500.0})
LLAMA3 = ("llama", SIZES | {"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                             "high_freq_factor": 4.0, "original_max_position_embeddings": 19}})
MISTRAL = ("mistral", SIZES | {"sliding_window": 5})
GEMMA2 = ("gemma2", SIZES | {"sliding_window": 5, "query_pre_attn_scalar": 16})
SMOLLM3 = ("smollm3", {key: value for key, value in SIZES.items() if key != "head_dim"} | {"no_rope_layers": [1, 0]})
GPTJ = ("gptj", {"n_layer": 2, "n_head": 6, "n_embd": 60, "rotary_dim": 4})
NEOX = ("gpt_neox", {"num_hidden_layers": 2, "num_attention_heads": 6, "hidden_size": 60, "rotary_pct": 0.4})
NEO = ("gpt_neo", {"num_layers": 2, "num_heads": 6, "hidden_size": 60, "attention_types": [[["global", "local"], 1]]})
BERT = ("bert", {"num_hidden_layers": 2, "num_attention_heads": 6, "hidden_size": 60})
BLOOM = ("bloom", {"n_layer": 2, "n_head": 6, "hidden_size": 60})
BART = ("bart", {"scale_embedding": True})
COHERENT = [
    *((LLAMA, key, 500, 10000.0) for key in ("rope_theta", "rotary_emb_base", "rotary_base", "rope_base",
                                             "global_rope_theta", "local_rope_theta", "rope_local_base_freq")),
    *((NEOX, key, 0.4, 1.0) for key in ("partial_rotary_factor", "rotary_pct", "rope_pct", "rotary_percentage")),
    *((GPTJ, key, True, False) for key in ("rope_interleaved", "rotary_interleaved")),
    *((LLAMA, key, False, True) for key in ("use_mrope", "use_dynamic_ntk", "use_logn_attn",
                                            "apply_residual_connection_post_layernorm")),
    *((BERT, key, {}, {"rope_type": "linear", "factor": 2.0}) for key in ("rope_scaling", "rope_parameters")),
    *((LLAMA, key, None, 4) for key in ("no_rope_layer_interval", "alibi_bias_max", "attention_chunk_size")),
    (LLAMA, "mrope_section", [], [16, 24, 24]),
    (LLAMA, "attention_types", None, [[["local"], 2]]),
    (LLAMA, "per_layer_config", {}, {"1": {"hidden_act": "gelu"}}),
    (LLAMA, "scale_depth", None, 1.4),
    (GPTJ, "rotary_dim", 4, 6),
    (GPTJ, "rotary", True, False),
    (BERT, "rotary", False, True),
    (SMOLLM3, "no_rope_layers", [1, 0], [1, 1]),
    (LLAMA3, "original_max_position_embeddings", 19, 43),
    (LLAMA, "position_embedding_type", "rope", "absolute"),
    (BERT, "position_embedding_type", "absolute", "relative_key"),
    *((BLOOM, key, True, False) for key in ("alibi", "use_alibi")),
    *((MISTRAL, key, 5, 7) for key in ("sliding_window", "window_size", "attention_window", "local_attention")),
    *((LLAMA, key, 4096, 5) for key in ("sliding_window", "window_size")),
    (MISTRAL, "use_sliding_window", True, False),
    (MISTRAL, "layer_types", [SLIDING, SLIDING], [FULL, SLIDING]),
    (GEMMA2, "layer_types", [SLIDING, FULL], [SLIDING, SLIDING]),
    (NEO, "attention_layers", ["global", "local"], ["local", "global"]),
    (LLAMA, "is_causal", True, False),
    (BERT, "is_causal", False, True),
    (LLAMA, "use_bidirectional_attention", False, True),
    (LLAMA, "is_decoder", True, 1),
    (BERT, "is_decoder", False, True),
    (NEO, "scale_attn_weights", False, True),
    (LLAMA, "scale_attn_by_inverse_layer_idx", False, True),
    (BART, "scale_embedding", True, False),
    *((GEMMA2, key, 60**0.5, 1.0) for key in ("embedding_multiplier", "scale_emb")),
    *((LLAMA, key, 1.0, 0.22) for key in ("logit_scale", "residual_multiplier", "logits_scaling")),
    (LLAMA, "attention_multiplier", 10**-0.5, 0.1),
    (GEMMA2, "attention_multiplier", 0.25, 10**-0.5),
    (GEMMA2, "query_pre_attn_scalar", 16, 10),
    (GEMMA2, "attn_logit_softcapping", 50.0, 30.0),
    (LLAMA, "final_logit_softcapping", 0, 30.0),
    (LLAMA, "head_dim", 10, 16),
    (LLAMA, "hidden_size", 60, 64),
    (LLAMA, "num_hidden_layers", 2, 3),
    (LLAMA, "num_attention_heads", 6, 2),
    (LLAMA, "num_key_value_heads", 2, 6),
    *((LLAMA, key, "swish", "gelu") for key in ("hidden_act", "hidden_activation", "activation_function")),
    *((NEOX, key, True, False) for key in ("use_parallel_residual", "parallel_attn")),
    *((LLAMA, key, True, False) for key in ("do_layer_norm_before", "normalize_before")),
]  # fmt: skip
PATTERNS = ("max_window_layers", "sliding_window_pattern", "global_attn_every_n_layers")


def read(model):
    name, raw = model
    return read_config(FAMILIES[name], raw)


@pytest.mark.parametrize(("model", "key", "value", "other"), COHERENT)
def test_a_value_agrees_and_another_does_not(model, key, value, other):
    config = read(model)
    assert agrees(key, value, config)
    assert not agrees(key, other, config)
    assert agrees(key, None, config) or key == "is_causal"


def test_null_is_false_for_a_key_that_the_reference_reads_in_every_family():
    assert not agrees("is_causal", None, read(LLAMA))
    assert agrees("is_causal", None, read(BERT))


@pytest.mark.parametrize("key", PATTERNS)
def test_a_pattern_of_windows_says_nothing_without_windows(key):
    assert agrees(key, 6, read(LLAMA))
    assert not agrees(key, 6, read(MISTRAL))


def test_every_meaning_is_tested():
    assert {key for _, key, _, _ in COHERENT} | set(PATTERNS) == set(MEANINGS)


@pytest.mark.parametrize("key", MEANINGS)
@pytest.mark.parametrize(
    "value", [10**400, -(10**400), float("nan"), float("inf"), "x", [], {}, [10**400], True, 0, 0.5, {"a": [None]}]
)
def test_odd_values_agree_or_do_not(key, value):
    for model in (LLAMA, BERT, GEMMA2, BLOOM):
        assert agrees(key, value, read(model)) in (True, False)


def test_a_key_without_a_meaning_always_agrees():
    assert agrees("authors", ["A"], read(BERT))
