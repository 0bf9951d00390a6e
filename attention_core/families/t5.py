"""T5 and T5 1.1: encoder and decoder, a learned term for each relative distance, unscaled scores.

Source: Raffel et al. 2019, https://arxiv.org/abs/1910.10683
"""

from dataclasses import replace

from attention_core.config.model_config import is_integer
from attention_core.config.positions import Relative
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.rules import either
from attention_core.families.reading.schema import DEFAULT_N_CTX, Family, Rule, Source, Values

MLPS = {
    "relu": ("relu", False),
    "gelu": ("gelu", False),
    "silu": ("silu", False),
    "gated-gelu": ("gelu_tanh", True),
    "gated-relu": ("relu", True),
    "gated-silu": ("silu", True),
}
# Encoder, decoder and tied head share one table; a checkpoint may store it under any of their names.
SHARED = ("shared.weight", "decoder.embed_tokens.weight", "encoder.embed_tokens.weight", "lm_head.weight")


def mlp_traits(values: Values) -> dict[str, object]:
    """The MLP's activation, and whether it is gated; keys that repeat either must agree."""
    kind = values["feed_forward_proj"]
    if not isinstance(kind, str) or kind not in MLPS:
        raise UnsupportedConfigError(f"feed_forward_proj = {kind!r} is not supported; supported: {', '.join(MLPS)}.")
    activation, gated = MLPS[kind]
    names = {"gelu_tanh": "gelu_new"}
    for key, expected in (("dense_act_fn", names.get(activation, activation)), ("is_gated_act", gated)):
        if values.get(key, expected) != expected:
            raise UnsupportedConfigError(f"{key} = {values[key]!r} does not agree with {kind!r}.")
    return {"activation": activation, "gated_mlp": gated}


def relative_bias_traits(bidirectional: bool) -> Rule:
    """The buckets of relative positions; those of a decoder cover earlier positions only."""

    def read(values: Values) -> dict[str, object]:
        count, reach = values["relative_attention_num_buckets"], values["relative_attention_max_distance"]
        least = 4 if bidirectional else 2
        if not is_integer(count, least) or count % least or not is_integer(reach, count):
            raise UnsupportedConfigError(f"{count!r} buckets for distances up to {reach!r} are not supported.")
        return {"relative": Relative(count, reach, bidirectional)}

    return Rule(("relative_attention_num_buckets", "relative_attention_max_distance"), read)


def logit_scale(values: Values) -> dict[str, object]:
    """The residual stream divided by sqrt(d_model) before the head: in T5, not in T5 1.1."""
    scaled = values.get("scale_decoder_outputs", values.get("tie_word_embeddings") is not False)
    return {"logit_scale": values["d_model"] ** -0.5 if scaled and is_integer(values["d_model"], 1) else 1.0}


def attention_tensors(stack: str, at: int, name: str, prefix: str = "") -> dict[str, Source]:
    """The tensors of one attention and of the norm before it."""
    layer = f"{stack}.block.{{layer}}.layer.{at}."
    return {
        f"w_{prefix[:-1] or 'attn'}": Source(f"{layer}layer_norm.weight", "model"),
        **{f"W_{prefix}{kind.upper()}": Source(f"{layer}{name}.{kind}.weight", "head*dim, model") for kind in "qkv"},
        f"W_{prefix}O": Source(f"{layer}{name}.o.weight", "model, head*dim"),
    }


def stack_tensors(name: str, mlp_at: int) -> dict[str, Source]:
    """The tensors of the encoder or the decoder, without cross-attention."""
    layer = f"{name}.block.{{layer}}.layer.{mlp_at}."
    return {
        "W_E": Source(f"{name}.embed_tokens.weight", "token, model", instead=SHARED),
        "W_rel": Source(f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "bucket, head"),
        **attention_tensors(name, 0, "SelfAttention"),
        "w_mlp": Source(f"{layer}layer_norm.weight", "model"),
        "W_gate": Source(f"{layer}DenseReluDense.wi_0.weight", "mlp, model"),
        "W_in": Source(
            f"{layer}DenseReluDense.wi.weight", "mlp, model", instead=(f"{layer}DenseReluDense.wi_1.weight",)
        ),
        "W_out": Source(f"{layer}DenseReluDense.wo.weight", "model, mlp"),
        "w_final": Source(f"{name}.final_layer_norm.weight", "model"),
    }


T5_ENCODER = Family(
    model_type="t5",
    prefixes=("",),
    sizes={
        "n_layers": "num_layers",
        "n_heads": "num_heads",
        "d_model": "d_model",
        "d_head": "d_kv",
        "d_mlp": "d_ff",
        "d_vocab": "vocab_size",
        "norm_eps": "layer_norm_epsilon",
    },
    aliases={
        "num_hidden_layers": "num_layers",
        "num_attention_heads": "num_heads",
        "hidden_size": "d_model",
        "head_dim": "d_kv",
    },
    defaults={
        "num_layers": 6,
        "num_heads": 8,
        "d_model": 512,
        "d_kv": 64,
        "d_ff": 2048,
        "vocab_size": 32128,
        "layer_norm_epsilon": 1e-6,
        "feed_forward_proj": "relu",
        "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128,
        "pad_token_id": 0,
        "eos_token_id": 1,
    },
    traits={
        "n_ctx": DEFAULT_N_CTX,
        "norm": "rms",
        "norm_bias": False,
        "norm_position": "pre",
        "final_norm": True,
        "positions": "none",
        "attn_root": 1.0,
        "causal": False,
    },
    rules=(
        Rule(("feed_forward_proj", "dense_act_fn", "is_gated_act"), mlp_traits),
        relative_bias_traits(bidirectional=True),
    ),
    required={"is_encoder_decoder": (True,), "is_decoder": (False,)},
    harmless=frozenset({
        "dropout_rate", "initializer_factor", "n_positions", "num_decoder_layers",
        "scale_decoder_outputs", "tie_word_embeddings",
    }),
    tensors=stack_tensors("encoder", 1),
    unused=("decoder.*", "lm_head.weight", "shared.weight"),
)  # fmt: skip

T5 = replace(
    T5_ENCODER,
    traits={**T5_ENCODER.traits, "causal": True, "cross": True, "head": "tied"},
    rules=(
        T5_ENCODER.rules[0],
        relative_bias_traits(bidirectional=False),
        either("start_id", "decoder_start_token_id", lambda values: values["pad_token_id"]),
        either("n_layers", "num_decoder_layers", lambda values: values["num_layers"]),
        Rule(("scale_decoder_outputs", "tie_word_embeddings", "d_model"), logit_scale),
    ),
    tensors={
        **stack_tensors("decoder", 2),
        **attention_tensors("decoder", 1, "EncDecAttention", "cross_"),
        "W_U": Source("lm_head.weight", "vocab, model"),
    },
    unused=(
        "encoder.*",
        "lm_head.weight",
        "shared.weight",
        "decoder.block.*.EncDecAttention.relative_attention_bias.weight",
    ),
    encoder=T5_ENCODER,
)
