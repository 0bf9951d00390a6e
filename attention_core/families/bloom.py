"""BLOOM: a term for the distance in each score (ALiBi), normalized embeddings, q, k and v interleaved by head.

Source: BigScience Workshop 2022, https://arxiv.org/abs/2211.05100
"""

from attention_core.config.positions import Alibi
from attention_core.families.reading.rules import head_width
from attention_core.families.reading.schema import DEFAULT_N_CTX, HEAD_CHOICES, Family, Rule, Source

LAYER = "h.{layer}."
FUSED = LAYER + "self_attention.query_key_value"
QKV = "head*(1 + 1 + 1)*dim"


BLOOM = Family(
    model_type="bloom",
    prefixes=("transformer.", ""),
    sizes={
        "n_layers": "n_layer",
        "n_heads": "n_head",
        "d_model": "hidden_size",
        "d_vocab": "vocab_size",
        "norm_eps": "layer_norm_epsilon",
    },
    aliases={"num_attention_heads": "n_head", "num_hidden_layers": "n_layer", "n_embed": "hidden_size"},
    defaults={
        "n_layer": 2,
        "n_head": 8,
        "hidden_size": 64,
        "vocab_size": 250880,
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
        "eos_token_id": 2,
    },
    traits={
        "n_ctx": DEFAULT_N_CTX,
        "norm_position": "pre",
        "embed_norm": True,
        "final_norm": True,
        "positions": "alibi",
        "alibi": Alibi(),
        "position_from": "mask",
        "activation": "gelu_tanh",
        "causal": True,
        "biases": frozenset({"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out"}),
    },
    choices={"tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("n_head", "hidden_size"),
        Rule(("hidden_size",), lambda values: {"d_mlp": 4 * values["hidden_size"]}),
    ),
    required={
        "apply_residual_connection_post_layernorm": (False,),
        # If true, the biases after the attention and after the MLP are left out.
        "slow_but_exact": (False,),
    },
    harmless=frozenset({
        "attention_softmax_in_fp32", "bias_dropout_fusion", "hidden_dropout", "masked_softmax_fusion", "n_inner",
        "offset_alibi", "pretraining_tp", "seq_length", "skip_bias_add", "skip_bias_add_qkv",
    }),
    tensors={
        "W_E": Source("word_embeddings.weight", "token, model"),
        "w_norm": Source("word_embeddings_layernorm.weight", "model"),
        "b_norm": Source("word_embeddings_layernorm.bias", "model"),
        "w_attn": Source(LAYER + "input_layernorm.weight", "model"),
        "b_attn": Source(LAYER + "input_layernorm.bias", "model"),
        **{
            f"W_{kind}": Source(f"{FUSED}.weight", f"{QKV}, model", at) for at, kind in enumerate("QKV")
        },
        **{f"b_{kind}": Source(f"{FUSED}.bias", QKV, at) for at, kind in enumerate("QKV")},
        "W_O": Source(LAYER + "self_attention.dense.weight", "model, head*dim"),
        "b_O": Source(LAYER + "self_attention.dense.bias", "model"),
        "w_mlp": Source(LAYER + "post_attention_layernorm.weight", "model"),
        "b_mlp": Source(LAYER + "post_attention_layernorm.bias", "model"),
        "W_in": Source(LAYER + "mlp.dense_h_to_4h.weight", "mlp, model"),
        "b_in": Source(LAYER + "mlp.dense_h_to_4h.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.dense_4h_to_h.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.dense_4h_to_h.bias", "model"),
        "w_final": Source("ln_f.weight", "model"),
        "b_final": Source("ln_f.bias", "model"),
        "W_U": Source("lm_head.weight", "vocab, model"),
    },
    unused=("lm_head.weight",),
)  # fmt: skip
