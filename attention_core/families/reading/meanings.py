"""What a key means in the families that have it, for a family that does not: whether it agrees with what is computed.

The reference does not read such a key either, but it tells how the model was trained: a rotary base on a model without
rotary positions says that the model is not what its `model_type` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from attention_core.config.model_config import ModelConfig, is_finite_number
from attention_core.families.reading.schema import ACTIVATION_CHOICES
from attention_core.families.reading.windows import FULL, SLIDING

Agrees = Callable[[Any, ModelConfig], bool]

POSITION_NAMES = {
    "absolute": "learned", "learned": "learned", "learned_absolute": "learned", "sinusoidal": "sinusoidal",
    "rope": "rotary", "rotary": "rotary", "alibi": "alibi", "none": "none", "nope": "none",
}  # fmt: skip


NULL_IS_FALSE = frozenset({"is_causal"})
"""Keys that transformers reads in every family, where null counts as false."""


def agrees(key: str, value: object, config: ModelConfig) -> bool:
    """Whether a key without effect in this family agrees with what is computed; null says nothing of most keys."""
    if value is None and key in NULL_IS_FALSE:
        value = False
    return value is None or key not in MEANINGS or MEANINGS[key](value, config)


def equals(field: str) -> Agrees:
    """The value is a field of the configuration."""
    return lambda value, config: same_number(value, getattr(config, field))


def is_one() -> Agrees:
    """The value multiplies something that is not multiplied here."""
    return lambda value, _: same_number(value, 1)


def says(trait: Callable[[ModelConfig], bool]) -> Agrees:
    """The value is true exactly when the model has a trait."""
    return lambda value, config: isinstance(value, bool) and value == trait(config)


def no_value() -> Agrees:
    """The value switches off, or leaves out, what is never computed."""
    return lambda value, _: not value


def same_number(value: Any, number: float) -> bool:
    """Whether two numbers are the same to float32's precision."""
    return is_finite_number(value) and math.isclose(value, number, rel_tol=1e-6)


def rotary_base(value: object, config: ModelConfig) -> bool:
    """The base of the rotation in every layer that has one."""
    bases = {rotary.base for rotary in config.rotary if rotary}
    return bool(bases) and all(same_number(value, base) for base in bases)


def rotary_share(value: Any, config: ModelConfig) -> bool:
    """The part of a head's dimensions that is rotated."""
    dims = {rotary.dim for rotary in config.rotary if rotary}
    return is_finite_number(value) and dims == {int(config.d_head * value)}


def rotary_dims(value: object, config: ModelConfig) -> bool:
    """The number of a head's dimensions that are rotated."""
    dims = {rotary.dim for rotary in config.rotary if rotary}
    return bool(dims) and all(same_number(value, dim) for dim in dims)


def rotary_pairs(value: object, config: ModelConfig) -> bool:
    """Whether the rotated pairs are adjacent dimensions."""
    return value is any(rotary.interleaved for rotary in config.rotary if rotary)


def rotary_layers(value: object, config: ModelConfig) -> bool:
    """1 for each layer with a rotation, 0 for the others."""
    return value == [int(rotary is not None) for rotary in config.rotary]


def original_context(value: object, config: ModelConfig) -> bool:
    """The context length before scaling; without a scaling that depends on it, it says nothing."""
    scaled = {rotary.original_n_ctx for rotary in config.rotary if rotary and rotary.original_n_ctx}
    return all(same_number(value, length) for length in scaled)


def window(value: Any, config: ModelConfig) -> bool:
    """The window of every layer; one as long as the context is none."""
    widths = {min(config.window(layer) or config.n_ctx, config.n_ctx) for layer in range(config.n_layers)}
    return is_finite_number(value) and {min(value, config.n_ctx)} == widths


def has_windows(config: ModelConfig) -> bool:
    """Whether any layer has a window."""
    return any(config.windows)


def window_pattern(value: object, config: ModelConfig) -> bool:
    """Which layers have windows, where no layer has one."""
    return not has_windows(config)


def layer_kinds(sliding: str, full: str) -> Agrees:
    """The kind of each layer: with a window, or without."""
    return lambda value, config: value == [
        sliding if config.window(layer) else full for layer in range(config.n_layers)
    ]


def divided_by_root(value: object, config: ModelConfig) -> bool:
    """The number whose square root divides the scores."""
    return same_number(value, config.attn_root or config.d_head)


def score_factor(value: object, config: ModelConfig) -> bool:
    """The factor of q·k."""
    return same_number(value, (config.attn_root or config.d_head) ** -0.5)


def soft_cap(field: str) -> Agrees:
    """The soft cap of scores or logits; 0 for none."""
    return lambda value, config: same_number(value, getattr(config, field) or 0)


def activation(value: object, config: ModelConfig) -> bool:
    """The MLP's activation."""
    return isinstance(value, str) and ACTIVATION_CHOICES.get(value) == {"activation": config.activation}


def positions(value: object, config: ModelConfig) -> bool:
    """The positional encoding."""
    return isinstance(value, str) and POSITION_NAMES.get(value) == config.positions


MEANINGS: Mapping[str, Agrees] = {
    **dict.fromkeys(
        ("rope_theta", "rotary_emb_base", "rotary_base", "rope_base", "global_rope_theta", "local_rope_theta",
         "rope_local_base_freq"),
        rotary_base,
    ),
    **dict.fromkeys(("partial_rotary_factor", "rotary_pct", "rope_pct", "rotary_percentage"), rotary_share),
    **dict.fromkeys(("rope_interleaved", "rotary_interleaved"), rotary_pairs),
    **dict.fromkeys(
        ("rope_scaling", "rope_parameters", "use_mrope", "mrope_section", "use_dynamic_ntk", "use_logn_attn",
         "no_rope_layer_interval", "alibi_bias_max", "attention_chunk_size", "attention_types", "per_layer_config",
         "scale_depth"),
        no_value(),
    ),
    "rotary_dim": rotary_dims,
    "rotary": says(lambda config: config.positions == "rotary"),
    "no_rope_layers": rotary_layers,
    "original_max_position_embeddings": original_context,
    "position_embedding_type": positions,
    **dict.fromkeys(("alibi", "use_alibi"), says(lambda config: config.positions == "alibi")),
    **dict.fromkeys(("sliding_window", "window_size", "attention_window", "local_attention"), window),
    "use_sliding_window": says(has_windows),
    **dict.fromkeys(("max_window_layers", "sliding_window_pattern", "global_attn_every_n_layers"), window_pattern),
    "layer_types": layer_kinds(SLIDING, FULL),
    "attention_layers": layer_kinds("local", "global"),
    "is_causal": says(lambda config: config.causal),
    "use_bidirectional_attention": says(lambda config: not config.causal),
    "is_decoder": lambda value, config: value is False or (value is True and config.causal),
    "scale_attn_weights": says(lambda config: config.attn_root != 1),
    "scale_attn_by_inverse_layer_idx": says(lambda config: bool(config.attn_divisors)),
    "scale_embedding": says(lambda config: config.embed_scale != 1),
    **dict.fromkeys(("embedding_multiplier", "scale_emb"), equals("embed_scale")),
    "logit_scale": equals("logit_scale"),
    **dict.fromkeys(("residual_multiplier", "logits_scaling"), is_one()),
    "attention_multiplier": score_factor,
    "query_pre_attn_scalar": divided_by_root,
    "attn_logit_softcapping": soft_cap("attn_soft_cap"),
    "final_logit_softcapping": soft_cap("final_soft_cap"),
    "head_dim": equals("d_head"),
    "hidden_size": equals("d_model"),
    "num_hidden_layers": equals("n_layers"),
    "num_attention_heads": equals("n_heads"),
    "num_key_value_heads": equals("n_kv_heads"),
    **dict.fromkeys(("hidden_act", "hidden_activation", "activation_function"), activation),
    **dict.fromkeys(
        ("use_parallel_residual", "parallel_attn"), says(lambda config: config.parallel_block != "no")
    ),
    **dict.fromkeys(
        ("do_layer_norm_before", "normalize_before"), says(lambda config: config.norm_position == "pre")
    ),
    "apply_residual_connection_post_layernorm": no_value(),
}  # fmt: skip
"""Configuration key -> whether its value agrees with a configuration that was read without it."""
