"""ModernBERT: an encoder with rotary positions, windows in most layers, pre-norm and gated MLPs.

Source: Warner et al. 2024, https://arxiv.org/abs/2412.13663
"""

from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.rules import biases, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import (
    ACTIVATION_CHOICES,
    HEAD_CHOICES,
    SIZE_KEYS,
    Family,
    Rule,
    Source,
    Values,
)
from attention_core.families.reading.windows import FULL, SLIDING, windows_by_layer

LAYER = "layers.{layer}."
QKV = "(head + head + head)*dim"
EVERY = "global_attn_every_n_layers"
BASES = {FULL: "global_rope_theta", SLIDING: "local_rope_theta"}
ROPE = rope(d_head=None)
WINDOWS = windows_by_layer(lambda values, layer: layer % values[EVERY] != 0, EVERY)


def windows_and_rotary(values: Values) -> dict[str, Any]:
    """The windows of the sliding layers, and the rotation of full and of sliding layers.

    `local_attention` is the width on both sides together: a query attends to half of it before and half after itself.
    """
    for key, least in ((EVERY, 1), ("local_attention", 0)):
        if not is_integer(values[key], least):
            raise UnsupportedConfigError(f"{key} must be a whole number of at least {least}, got {values[key]!r}.")
    windows = WINDOWS.read({**values, "sliding_window": values["local_attention"] // 2 + 1})["windows"]
    full, sliding = rotary_by_layer(values, FULL), rotary_by_layer(values, SLIDING)
    if not windows:
        return {"rotary": full}
    return {
        "windows": windows,
        "rotary": tuple(sliding[layer] if width else full[layer] for layer, width in enumerate(windows)),
    }


def rotary_by_layer(values: Values, kind: str) -> Any:
    """The rotation of each layer if all layers were of one kind; `rope_scaling` applies to both kinds."""
    kinds, scaling = values.get("rope_parameters") or {}, values.get("rope_scaling") or {}
    if not isinstance(kinds, dict) or not set(kinds) <= {FULL, SLIDING}:
        raise UnsupportedConfigError(f"rope_parameters must hold {FULL} and {SLIDING}, got {kinds!r}.")
    parameters = kinds.get(kind) or {}
    if not isinstance(parameters, dict) or not isinstance(scaling, dict):
        raise UnsupportedConfigError(
            f"rope_parameters and rope_scaling must be objects, got {parameters!r} and {scaling!r}."
        )
    merged = parameters | scaling
    if merged.get("rope_type", merged.get("type")) in ("dynamic", "longrope"):
        raise UnsupportedConfigError(f"rope_type {merged.get('rope_type')!r} is not computed exactly in this family.")
    base = values[BASES[kind]]
    return ROPE.read({**values, "rope_scaling": None, "rope_parameters": merged, "rope_theta": base})["rotary"]


def head_traits(values: Values) -> dict[str, Any]:
    """Whether there is a masked-language-model head: a classifier's tensors have the same names."""
    names = values.get("architectures")
    masked = isinstance(names, list) and any(str(name).endswith("ForMaskedLM") for name in names)
    return {} if masked else {"head": "none"}


MODERNBERT = Family(
    model_type="modernbert",
    prefixes=("model.", ""),
    sizes=SIZE_KEYS | {"norm_eps": "norm_eps"},
    defaults={
        "num_hidden_layers": 22,
        "num_attention_heads": 12,
        "hidden_size": 768,
        "intermediate_size": 1152,
        "vocab_size": 50368,
        "max_position_embeddings": 8192,
        "norm_eps": 1e-5,
        "norm_bias": False,
        "hidden_activation": "gelu",
        "classifier_activation": "gelu",
        "attention_bias": False,
        "mlp_bias": False,
        "classifier_bias": False,
        "decoder_bias": True,
        "local_attention": 128,
        EVERY: 3,
        "global_rope_theta": 160000.0,
        "local_rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "eos_token_id": 50282,
    },
    traits={
        "causal": False,
        "embed_norm": True,
        "norm_position": "pre",
        "unnormed_layers": (0,),
        "final_norm": True,
        "gated_mlp": True,
        "positions": "rotary",
    },
    choices={
        "hidden_activation": ACTIVATION_CHOICES,
        "classifier_activation": {
            key: {"head_activation": traits["activation"]} for key, traits in ACTIVATION_CHOICES.items()
        },
        "norm_bias": {flag: {"norm_bias": flag} for flag in (True, False)},
        "tie_word_embeddings": HEAD_CHOICES,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        flags_to_biases(
            biases("attention_bias", "b_Q", "b_K", "b_V", "b_O"), biases("mlp_bias", "b_gate", "b_in", "b_out"),
            biases("classifier_bias", "b_head"), biases("decoder_bias", "b_U"),
        ),
        Rule(("architectures",), head_traits),
        Rule(
            ("local_attention", "rope_scaling", "rope_parameters", "layer_types", EVERY, *BASES.values()),
            windows_and_rotary,
        ),
    ),
    harmless=frozenset([
        "classifier_pooling", "deterministic_flash_attn", "embedding_dropout",
        "initializer_cutoff_factor", "layer_norm_eps", "mlp_dropout", "position_embedding_type",
        "reference_compile", "repad_logits_with_grad", "sparse_pred_ignore_index", "sparse_prediction",
    ]),
    tensors={
        "W_E": Source("embeddings.tok_embeddings.weight", "token, model"),
        "w_norm": Source("embeddings.norm.weight", "model"),
        "b_norm": Source("embeddings.norm.bias", "model"),
        "w_attn": Source(LAYER + "attn_norm.weight", "model"),
        "b_attn": Source(LAYER + "attn_norm.bias", "model"),
        **{f"W_{kind}": Source(LAYER + "attn.Wqkv.weight", f"{QKV}, model", at) for at, kind in enumerate("QKV")},
        **{f"b_{kind}": Source(LAYER + "attn.Wqkv.bias", QKV, at) for at, kind in enumerate("QKV")},
        "W_O": Source(LAYER + "attn.Wo.weight", "model, head*dim"),
        "b_O": Source(LAYER + "attn.Wo.bias", "model"),
        "w_mlp": Source(LAYER + "mlp_norm.weight", "model"),
        "b_mlp": Source(LAYER + "mlp_norm.bias", "model"),
        "W_gate": Source(LAYER + "mlp.Wi.weight", "(mlp + mlp), model", 0),
        "b_gate": Source(LAYER + "mlp.Wi.bias", "(mlp + mlp)", 0),
        "W_in": Source(LAYER + "mlp.Wi.weight", "(mlp + mlp), model", 1),
        "b_in": Source(LAYER + "mlp.Wi.bias", "(mlp + mlp)", 1),
        "W_out": Source(LAYER + "mlp.Wo.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.Wo.bias", "model"),
        "w_final": Source("final_norm.weight", "model"),
        "b_final": Source("final_norm.bias", "model"),
        "W_head": Source("head.dense.weight", "model, hidden"),
        "b_head": Source("head.dense.bias", "model"),
        "w_head_norm": Source("head.norm.weight", "model"),
        "b_head_norm": Source("head.norm.bias", "model"),
        "W_U": Source("decoder.weight", "vocab, model"),
        "b_U": Source("decoder.bias", "vocab"),
    },
    unused=("head.*", "decoder.*", "classifier.*", "drop.*"),
)  # fmt: skip
