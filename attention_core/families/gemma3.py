"""Gemma 3: Gemma 2 with norms of queries and keys in place of soft caps, and another rotation in sliding layers.

Source: Gemma team 2025, https://arxiv.org/abs/2503.19786
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.gemma import COMMON, GEMMA2, embed_scale, soft_caps
from attention_core.families.llama import LAYER
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Rule, Source, Values
from attention_core.families.reading.windows import FULL, SLIDING, windows_by_layer

ROPE = rope()
WINDOWS = windows_by_layer(lambda values, layer: (layer + 1) % values["sliding_window_pattern"] != 0)


def windows_and_rotary(values: Values) -> dict[str, Any]:
    """The windows of the sliding layers, all but every sixth, and the rotation of full and of sliding layers."""
    for key in ("sliding_window_pattern", "sliding_window"):
        if not is_integer(values[key], 1):
            raise UnsupportedConfigError(f"{key} must be a whole number of at least 1, got {values[key]!r}.")
    windows = WINDOWS.read(values)["windows"]
    full, sliding = rotary_traits(values, FULL, "rope_theta"), rotary_traits(values, SLIDING, "rope_local_base_freq")
    if not windows:
        return {"windows": ()} | full
    kinds = zip(windows, full["rotary"], sliding["rotary"], strict=True)
    return full | {
        "windows": windows,
        "rotary": tuple(full if width is None else sliding for width, full, sliding in kinds),
    }


def rotary_traits(values: Values, kind: str, base: str) -> dict[str, Any]:
    """The rotation for one kind of layer; `rope_scaling` applies to full layers only."""
    kinds = values.get("rope_parameters") or {}
    if not isinstance(kinds, dict) or not set(kinds) <= {FULL, SLIDING}:
        raise UnsupportedConfigError(f"rope_parameters must hold {FULL} and {SLIDING}, got {kinds!r}.")
    parameters, scaling = kinds.get(kind) or {}, values.get("rope_scaling") or {}
    if not isinstance(parameters, dict) or not isinstance(scaling, dict):
        raise UnsupportedConfigError(
            f"rope_parameters and rope_scaling must be objects, got {parameters!r} and {scaling!r}."
        )
    merged = parameters | scaling if kind == FULL else parameters
    if merged.get("rope_type", merged.get("type")) == "dynamic":
        raise UnsupportedConfigError(f"rope_type 'dynamic' is not computed exactly in layers of {kind}.")
    return ROPE.read({**values, "rope_scaling": None, "rope_parameters": merged, "rope_theta": values[base]})


GEMMA3_TEXT = replace(
    GEMMA2,
    model_type="gemma3_text",
    defaults=COMMON | {
        "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "hidden_size": 2304,
        "intermediate_size": 9216, "vocab_size": 262208, "max_position_embeddings": 131072, "sliding_window": 4096,
        "sliding_window_pattern": 6, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
        "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 256, "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
    },
    traits={**GEMMA2.traits, "qk_norm": "head"},
    required={**GEMMA2.required, "attn_logit_softcapping": (None,)},
    harmless=GEMMA2.harmless | {"_sliding_window_pattern"},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
        Rule(("hidden_size",), embed_scale),
        Rule(("query_pre_attn_scalar", "final_logit_softcapping"), soft_caps),
        Rule((*ROPE.keys, *WINDOWS.keys, "sliding_window_pattern", "rope_local_base_freq"), windows_and_rotary),
    ),
    tensors={
        **GEMMA2.tensors,
        "w_q_norm": Source(LAYER + "self_attn.q_norm.weight", "dim"),
        "w_k_norm": Source(LAYER + "self_attn.k_norm.weight", "dim"),
    },
)  # fmt: skip

GEMMA3 = replace(
    GEMMA3_TEXT,
    model_type="gemma3",
    within="text_config",
    around=frozenset(
        {
            "vision_config", "mm_tokens_per_image", "boi_token_index", "eoi_token_index", "image_token_index",
            "boi_token_id", "eoi_token_id", "image_token_id",
        }
    ),
    prefixes=("language_model.model.", "model.language_model."),
    # The reference ignores a soft cap of the logits.
    required={**GEMMA3_TEXT.required, "tie_word_embeddings": (True,), "final_logit_softcapping": (None,)},
    unused=(
        *GEMMA3_TEXT.unused,
        *(f"{at}{part}.*" for at in ("", "model.") for part in ("vision_tower", "multi_modal_projector")),
        "language_model.lm_head.weight",
    ),
)
"""Multimodal Gemma 3; only its language model is read, which alone processes text."""
