"""Gemma: Llama with 1 added to the norms' weights and scaled embeddings. Gemma 2: norms before and after, soft caps.

Sources: Gemma team 2024, https://arxiv.org/abs/2403.08295 and https://arxiv.org/abs/2408.00118
"""

import math
from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_finite_number, is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Rule, Source, Values
from attention_core.families.reading.windows import windows_by_layer


def embed_scale(values: Values) -> dict[str, Any]:
    """Embeddings times sqrt(d_model)."""
    width = values["hidden_size"]
    return {"embed_scale": math.sqrt(width)} if is_integer(width, 1) else {}


def soft_caps(values: Values) -> dict[str, Any]:
    """The soft caps of scores and logits, null for none, and the number whose square root divides the scores."""
    fields: dict[str, Any] = {"attn_root": values["query_pre_attn_scalar"]}
    for field, key in (("attn_soft_cap", "attn_logit_softcapping"), ("final_soft_cap", "final_logit_softcapping")):
        fields[field] = values[key]
    for key, value in fields.items():
        if value is not None and not is_finite_number(value):
            raise UnsupportedConfigError(f"{key} must be a number, got {value!r}.")
    return {key: None if value is None else float(value) for key, value in fields.items()}


COMMON = {
    "num_hidden_layers": 28, "num_attention_heads": 16, "hidden_size": 3072, "intermediate_size": 24576,
    "vocab_size": 256000, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "attention_bias": False,
    "tie_word_embeddings": True, "num_key_value_heads": 16, "head_dim": 256, "eos_token_id": 1,
}  # fmt: skip
RULES = (
    head_width("num_attention_heads", "hidden_size", "head_dim"),
    either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
    flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
    rope(),
    Rule(("hidden_size",), embed_scale),
)

GEMMA = replace(
    LLAMA,
    model_type="gemma",
    defaults=COMMON | {"hidden_act": "gelu_pytorch_tanh"},
    traits={**LLAMA.traits, "norm_offset": 1.0},
    # The first checkpoints have "gelu" for its tanh approximation, and the reference reads it so.
    choices={**LLAMA.choices, "hidden_act": ACTIVATION_CHOICES | {"gelu": {"activation": "gelu_tanh"}}},
    required={**LLAMA.required, "use_bidirectional_attention": (None, False), "hidden_activation": (None,)},
    rules=RULES,
)

GEMMA2 = replace(
    LLAMA,
    model_type="gemma2",
    defaults=COMMON | {
        "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "hidden_size": 2304,
        "intermediate_size": 9216, "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 256,
        "sliding_window": 4096, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
    },
    traits={**LLAMA.traits, "norm_offset": 1.0, "norm_position": "both"},
    choices={"hidden_activation": ACTIVATION_CHOICES, "tie_word_embeddings": HEAD_CHOICES},
    required={**LLAMA.required, "use_bidirectional_attention": (None, False), "cache_implementation": ("hybrid",)},
    harmless=LLAMA.harmless | {"hidden_act"},
    rules=(
        *RULES,
        Rule(("query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping"), soft_caps),
        windows_by_layer(lambda values, layer: layer % 2 == 0),
    ),
    tensors={
        **LLAMA.tensors,
        "w_attn_out": Source(LAYER + "post_attention_layernorm.weight", "model"),
        "w_mlp": Source(LAYER + "pre_feedforward_layernorm.weight", "model"),
        "w_mlp_out": Source(LAYER + "post_feedforward_layernorm.weight", "model"),
    },
)  # fmt: skip
