"""GPT-NeoX and Pythia: attention and MLP in parallel, a part of each head rotated, q, k and v interleaved by head.

Source: Black et al. 2022, https://arxiv.org/abs/2204.06745
"""

from attention_core.families.reading.rules import biases, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, SIZE_KEYS, Family, Source

LAYER = "layers.{layer}."
QKV = "head*(1 + 1 + 1)*dim"

GPT_NEOX = Family(
    model_type="gpt_neox",
    prefixes=("gpt_neox.", ""),
    sizes=SIZE_KEYS | {"norm_eps": "layer_norm_eps"},
    defaults={
        "num_hidden_layers": 44,
        "num_attention_heads": 64,
        "hidden_size": 6144,
        "intermediate_size": 24576,
        "vocab_size": 50432,
        "max_position_embeddings": 2048,
        "layer_norm_eps": 1e-5,
        "hidden_act": "gelu",
        "attention_bias": True,
        "use_parallel_residual": True,
        "tie_word_embeddings": False,
        "eos_token_id": 2,
    },
    traits={"norm_position": "pre", "final_norm": True, "positions": "rotary", "causal": True},
    choices={
        "hidden_act": ACTIVATION_CHOICES,
        "use_parallel_residual": {True: {"parallel_block": "two"}, False: {"parallel_block": "no"}},
        "tie_word_embeddings": HEAD_CHOICES,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O"), always=frozenset({"b_in", "b_out"})),
        rope(d_head=None, base="rotary_emb_base", part="rotary_pct", default_part=0.25),
    ),
    harmless=frozenset({
        "attention_probs_dropout_prob", "hidden_dropout", "hidden_dropout_prob", "is_decoder",
    }),
    tensors={
        "W_E": Source("embed_in.weight", "token, model"),
        "w_attn": Source(LAYER + "input_layernorm.weight", "model"),
        "b_attn": Source(LAYER + "input_layernorm.bias", "model"),
        **{
            f"W_{kind}": Source(LAYER + "attention.query_key_value.weight", f"{QKV}, model", at)
            for at, kind in enumerate("QKV")
        },
        **{f"b_{kind}": Source(LAYER + "attention.query_key_value.bias", QKV, at) for at, kind in enumerate("QKV")},
        "W_O": Source(LAYER + "attention.dense.weight", "model, head*dim"),
        "b_O": Source(LAYER + "attention.dense.bias", "model"),
        "w_mlp": Source(LAYER + "post_attention_layernorm.weight", "model"),
        "b_mlp": Source(LAYER + "post_attention_layernorm.bias", "model"),
        "W_in": Source(LAYER + "mlp.dense_h_to_4h.weight", "mlp, model"),
        "b_in": Source(LAYER + "mlp.dense_h_to_4h.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.dense_4h_to_h.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.dense_4h_to_h.bias", "model"),
        "w_final": Source("final_layer_norm.weight", "model"),
        "b_final": Source("final_layer_norm.bias", "model"),
        "W_U": Source("embed_out.weight", "vocab, model"),
    },
    unused=(
        "layers.*.attention.bias", "layers.*.attention.masked_bias", "layers.*.attention.rotary_emb.inv_freq",
        "embed_out.weight",
    ),
)  # fmt: skip
