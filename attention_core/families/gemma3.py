"""Gemma 3: Gemma 2 with norms of queries and keys in place of caps, and another rotation where layers slide.

Source: Gemma team 2025, https://arxiv.org/abs/2503.19786
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.gemma import COMMON, GEMMA2, capped, wide
from attention_core.families.llama import LAYER
from attention_core.families.reading.rules import biases, either, flags_to_biases, rope, shared_width
from attention_core.families.reading.schema import Rule, Source, Values
from attention_core.families.reading.windows import FULL, SLIDING, windows_by_layer

ROPE = rope()
WINDOWS = windows_by_layer(lambda values, layer: (layer + 1) % values["sliding_window_pattern"] != 0)


def layered(values: Values) -> dict[str, Any]:
    """The windows of the layers that slide, every one but each sixth, and the rotation of either kind of layer."""
    for key in ("sliding_window_pattern", "sliding_window"):
        if not is_integer(values[key], 1):
            raise UnsupportedConfigError(f"{key} must be a whole number of at least 1, got {values[key]!r}.")
    windows = WINDOWS.read(values)["windows"]
    full, sliding = rotation(values, FULL, "rope_theta"), rotation(values, SLIDING, "rope_local_base_freq")
    if not windows:
        return {"windows": ()} | full
    kinds = zip(windows, full["rotary"], sliding["rotary"], strict=True)
    return full | {
        "windows": windows,
        "rotary": tuple(far if width is None else near for width, far, near in kinds),
    }


def rotation(values: Values, kind: str, base: str) -> dict[str, Any]:
    """What `rope` reads for one kind of layer; a `rope_scaling` beside the kinds is that of the full layers alone."""
    kinds = values.get("rope_parameters") or {}
    if not isinstance(kinds, dict) or not set(kinds) <= {FULL, SLIDING}:
        raise UnsupportedConfigError(f"rope_parameters must hold {FULL} and {SLIDING}, got {kinds!r}.")
    own, scaling = kinds.get(kind) or {}, values.get("rope_scaling") or {}
    if not isinstance(own, dict) or not isinstance(scaling, dict):
        raise UnsupportedConfigError(f"The rotation must be an object, got {own!r} and {scaling!r}.")
    found = own | scaling if kind == FULL else own
    if found.get("rope_type", found.get("type")) == "dynamic":
        raise UnsupportedConfigError(f"rope_type 'dynamic' is not computed exactly in layers of {kind}.")
    return ROPE.read({**values, "rope_scaling": None, "rope_parameters": found, "rope_theta": values[base]})


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
        shared_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
        Rule(("hidden_size",), wide),
        Rule(("query_pre_attn_scalar", "final_logit_softcapping"), capped),
        Rule((*ROPE.keys, *WINDOWS.keys, "sliding_window_pattern", "rope_local_base_freq"), layered),
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
        {"vision_config", "mm_tokens_per_image", "boi_token_index", "eoi_token_index", "image_token_index"}
    ),
    prefixes=("language_model.model.", "model.language_model."),
    # A cap of its logits is one that the reference knows of and leaves out.
    required={**GEMMA3_TEXT.required, "tie_word_embeddings": (True,), "final_logit_softcapping": (None,)},
    unused=(
        *GEMMA3_TEXT.unused,
        *(f"{at}{part}.*" for at in ("", "model.") for part in ("vision_tower", "multi_modal_projector")),
        "language_model.lm_head.weight",
    ),
)
"""Gemma 3 with its part that sees, which is not read: what it makes of a text is the language model's alone."""
