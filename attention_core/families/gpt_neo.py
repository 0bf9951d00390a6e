"""GPT-Neo: GPT-2 with unscaled scores, no biases on q, k and v, and windows in every second layer.

Source: Black et al. 2021, https://doi.org/10.5281/zenodo.5297715
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.gpt2 import GPT2, LAYER
from attention_core.families.reading.rules import either, head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Rule, Source, Values
from attention_core.families.reading.windows import layer_count

GLOBAL, LOCAL = "global", "local"


def expand_types(types: object) -> list[object]:
    """The kind of each layer, from lists of kinds and their repetitions: [[["global", "local"], 12]]."""
    kinds: list[object] = []
    for item in types if isinstance(types, list) else [types]:
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], list) and is_integer(item[1], 0)):
            raise UnsupportedConfigError(f"attention_types must list kinds and their repetitions, got {types!r}.")
        kinds += item[0] * item[1]
    return kinds


def local_windows(values: Values) -> dict[str, Any]:
    """The windows of local layers; `attention_types` and `attention_layers` must agree."""
    kinds = expand_types(values["attention_types"]) if values.get("attention_types") is not None else None
    layers = values.get("attention_layers")
    if kinds is not None and layers is not None and layers != kinds:
        raise UnsupportedConfigError("attention_layers and attention_types do not agree.")
    kinds = layers if kinds is None else kinds
    n = layer_count(values, "num_layers")
    kinds = [GLOBAL, LOCAL] * 12 if kinds is None else kinds
    if not isinstance(kinds, list) or len(kinds) != n or not all(kind in (GLOBAL, LOCAL) for kind in kinds):
        raise UnsupportedConfigError(f"attention_layers must list {GLOBAL} or {LOCAL} for each of {n} layers.")
    width = values["window_size"]
    if LOCAL in kinds and not is_integer(width, 1):
        raise UnsupportedConfigError(f"window_size must be a whole number of at least 1, got {width!r}.")
    return {"windows": tuple(width if kind == LOCAL else None for kind in kinds) if LOCAL in kinds else ()}


PROJECTIONS = {"W_Q": "q_proj", "W_K": "k_proj", "W_V": "v_proj"}

GPT_NEO = replace(
    GPT2,
    model_type="gpt_neo",
    sizes={
        "n_layers": "num_layers",
        "n_heads": "num_heads",
        "d_model": "hidden_size",
        "d_vocab": "vocab_size",
        "n_ctx": "max_position_embeddings",
        "norm_eps": "layer_norm_epsilon",
    },
    aliases={"num_hidden_layers": "num_layers", "num_attention_heads": "num_heads"},
    defaults={
        "num_layers": 24, "num_heads": 16, "hidden_size": 2048, "vocab_size": 50257, "max_position_embeddings": 2048,
        "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "window_size": 256, "tie_word_embeddings": True,
        "eos_token_id": 50256,
    },
    traits={**GPT2.traits, "attn_root": 1.0, "biases": frozenset({"b_O", "b_in", "b_out"})},
    choices={"activation_function": ACTIVATION_CHOICES, "tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("num_heads", "hidden_size"),
        either("d_mlp", "intermediate_size", lambda values: 4 * values["hidden_size"]),
        Rule(("attention_types", "attention_layers", "num_layers", "window_size"), local_windows),
    ),
    required={},
    harmless=frozenset({
        "embed_dropout", "resid_dropout", "summary_activation", "summary_first_dropout",
        "summary_proj_to_labels", "summary_type", "summary_use_proj",
    }),
    tensors={
        **{name: source for name, source in GPT2.tensors.items() if "c_attn" not in source.name},
        **{
            name: Source(f"{LAYER}attn.attention.{module}.weight", "head*dim, model")
            for name, module in PROJECTIONS.items()
        },
        "W_O": Source(LAYER + "attn.attention.out_proj.weight", "model, head*dim"),
        "b_O": Source(LAYER + "attn.attention.out_proj.bias", "model"),
        "W_in": Source(LAYER + "mlp.c_fc.weight", "mlp, model"),
        "W_out": Source(LAYER + "mlp.c_proj.weight", "model, mlp"),
    },
    unused=("h.*.attn.attention.bias", "h.*.attn.attention.masked_bias", "lm_head.weight"),
)  # fmt: skip
