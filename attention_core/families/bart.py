"""BART, and mBART, which is pre-norm: encoder and decoder, learned positions counted from 2, normalized embeddings.

Sources: Lewis et al. 2019, https://arxiv.org/abs/1910.13461; Liu et al. 2020, https://arxiv.org/abs/2001.08210
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.rules import head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Family, Rule, Source, Values

SIDE_FIELDS = ("encoder", "decoder")
# Encoder, decoder and tied head share one table; a checkpoint may store it under any of their names.
SHARED = ("shared.weight", "decoder.embed_tokens.weight", "encoder.embed_tokens.weight", "lm_head.weight")
ALIASES = {
    "num_hidden_layers": "encoder_layers", "num_attention_heads": "encoder_attention_heads", "hidden_size": "d_model",
}  # fmt: skip


def embed_scale(values: Values) -> dict[str, Any]:
    """Embeddings times sqrt(d_model), if `scale_embedding` is true."""
    if not isinstance(values["scale_embedding"], bool):
        raise UnsupportedConfigError(f"scale_embedding must be true or false, got {values['scale_embedding']!r}.")
    return {"embed_scale": math.sqrt(values["d_model"]) if values["scale_embedding"] else 1.0}


def check_aliases(values: Values) -> dict[str, Any]:
    """UnsupportedConfigError when a size has different values under its two names."""
    for alias, key in ALIASES.items():
        if alias in values and values[alias] != values[key]:
            raise UnsupportedConfigError(f"{alias} = {values[alias]!r} does not agree with {key} = {values[key]!r}.")
    return {}


def weight_and_bias(weight: str, module: str, layout: str) -> dict[str, Source]:
    """The weight of a matrix or a norm, and its bias."""
    return {
        weight: Source(f"{module}.weight", layout),
        f"b{weight[1:]}": Source(f"{module}.bias", layout.split(", ")[0]),
    }


def attention_tensors(module: str, prefix: str = "") -> dict[str, Source]:
    """The tensors of one attention."""
    tensors: dict[str, Source] = {}
    for kind in "QKV":
        tensors |= weight_and_bias(f"W_{prefix}{kind}", f"{module}.{kind.lower()}_proj", "head*dim, model")
    return tensors | weight_and_bias(f"W_{prefix}O", f"{module}.out_proj", "model, head*dim")


def stack_tensors(side: str) -> dict[str, Source]:
    """The tensors of the encoder or the decoder, for pre-norm and post-norm layers."""
    layer = f"{side}.layers.{{layer}}."
    return {
        "W_E": Source(f"{side}.embed_tokens.weight", "token, model", instead=SHARED),
        "W_pos": Source(f"{side}.embed_positions.weight", "position_id, model"),
        **weight_and_bias("w_norm", f"{side}.layernorm_embedding", "model"),
        **attention_tensors(f"{layer}self_attn"),
        **weight_and_bias("w_attn", f"{layer}self_attn_layer_norm", "model"),
        **weight_and_bias("w_mid", f"{layer}self_attn_layer_norm", "model"),
        **weight_and_bias("W_in", f"{layer}fc1", "mlp, model"),
        **weight_and_bias("W_out", f"{layer}fc2", "model, mlp"),
        **weight_and_bias("w_mlp", f"{layer}final_layer_norm", "model"),
        **weight_and_bias("w_post", f"{layer}final_layer_norm", "model"),
        **weight_and_bias("w_final", f"{side}.layer_norm", "model"),
    }


def sizes(side: str) -> dict[str, str]:
    """The keys of the sizes of the encoder or the decoder."""
    return {
        "n_layers": f"{side}_layers",
        "n_heads": f"{side}_attention_heads",
        "d_model": "d_model",
        "d_mlp": f"{side}_ffn_dim",
        "d_vocab": "vocab_size",
        "n_ctx": "max_position_embeddings",
    }


def legacy_keys(*, pre_norm: bool, learned: bool) -> dict[str, tuple[Any, ...]]:
    """Keys of old configurations for what is now fixed in each family."""
    return {
        "normalize_before": (pre_norm,),
        "add_final_layer_norm": (pre_norm,),
        "normalize_embedding": (learned,),
        "static_position_embeddings": (not learned,),
    }


BIASES = frozenset({"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out"})
CROSS_BIASES = frozenset({"b_cross_Q", "b_cross_K", "b_cross_V", "b_cross_O"})
DEFAULTS = {
    **{f"{side}_layers": 12 for side in SIDE_FIELDS},
    **{f"{side}_attention_heads": 16 for side in SIDE_FIELDS},
    **{f"{side}_ffn_dim": 4096 for side in SIDE_FIELDS},
    "d_model": 1024,
    "vocab_size": 50265,
    "max_position_embeddings": 1024,
    "activation_function": "gelu",
    "scale_embedding": False,
    "tie_word_embeddings": True,
    "eos_token_id": 2,
}
REQUIRED: dict[str, tuple[Any, ...]] = {
    "is_encoder_decoder": (True,),
    "is_decoder": (False,),
}
HARMLESS = frozenset({
    "activation_dropout", "add_bias_logits", "classif_dropout", "decoder_attention_heads",
    "decoder_ffn_dim", "decoder_layerdrop", "decoder_layers", "dropout",
    "encoder_attention_heads", "encoder_ffn_dim", "encoder_layerdrop", "encoder_layers", "extra_pos_embeddings",
    "force_bos_token_to_be_generated", "init_std", "replacing_rate", "save_step",
    "student_decoder_layers", "student_encoder_layers", "tie_word_embeddings",
})  # fmt: skip


def build_family(
    model_type: str, *, pre_norm: bool, learned: bool, start: int | None, required: Values | None = None,
    rules: tuple[Rule, ...] = (), defaults: Values | None = None,
) -> Family:  # fmt: skip
    """A decoder and its encoder with BART's architecture.

    pre_norm: whether layers are pre-norm, with a final norm; else post-norm
    learned:  whether positions are learned and embeddings normalized; else positions are sinusoidal, without that norm
    start:    the decoder's first token where the configuration has none
    defaults: defaults that differ from BART's
    """
    positions = {"position_offset": 2} if learned else {"positions": "sinusoidal"}
    encoder = Family(
        model_type=model_type,
        prefixes=("model.", ""),
        sizes=sizes("encoder"),
        defaults={**DEFAULTS, "decoder_start_token_id": start, **(defaults or {})},
        traits={
            "causal": False, "norm_eps": 1e-5, "norm_position": "pre" if pre_norm else "post",
            "final_norm": pre_norm, "embed_norm": learned, "biases": BIASES, **positions,
        },
        choices={"activation_function": ACTIVATION_CHOICES},
        rules=(
            head_width("encoder_attention_heads", "d_model"),
            Rule(("scale_embedding", "d_model"), embed_scale),
            Rule((*ALIASES, *ALIASES.values()), check_aliases),
            *rules,
        ),
        required={**REQUIRED, **legacy_keys(pre_norm=pre_norm, learned=learned), **(required or {})},
        harmless=HARMLESS,
        tensors=stack_tensors("encoder"),
        unused=(
            "encoder.embed_positions.weight", "encoder.version", "shared.weight", "decoder.*", "lm_head.weight",
            "final_logits_bias", "classification_head.*", "qa_outputs.*",
        ),
    )  # fmt: skip
    cross = "decoder.layers.{layer}.encoder_attn"
    return replace(
        encoder,
        sizes={**sizes("decoder"), "start_id": "decoder_start_token_id"},
        traits={**encoder.traits, "causal": True, "cross": True, "biases": BIASES | CROSS_BIASES | {"b_U"}},
        choices={**encoder.choices, "tie_word_embeddings": HEAD_CHOICES},
        rules=(head_width("decoder_attention_heads", "d_model"), *encoder.rules[1:]),
        tensors={
            **stack_tensors("decoder"),
            **attention_tensors(cross, "cross_"),
            **weight_and_bias("w_cross", f"{cross}_layer_norm", "model"),
            "W_U": Source("lm_head.weight", "vocab, model"),
            "b_U": Source("final_logits_bias", "1, vocab", zero=True),
        },
        unused=(
            "decoder.embed_positions.weight", "decoder.version", "shared.weight", "encoder.*", "lm_head.weight",
            "classification_head.*", "qa_outputs.*",
        ),
        encoder=encoder,
    )  # fmt: skip


BART = build_family("bart", pre_norm=False, learned=True, start=2)
MBART = build_family("mbart", pre_norm=True, learned=True, start=None)
