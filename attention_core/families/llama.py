"""Llama: RMS pre-norm, rotary positions, grouped-query attention, a gated MLP.

Source: Touvron et al. 2023, https://arxiv.org/abs/2302.13971 and https://arxiv.org/abs/2307.09288
"""

from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, SIZE_KEYS, Family, Source

LAYER = "layers.{layer}."

LLAMA = Family(
    model_type="llama",
    prefixes=("model.", ""),
    sizes=SIZE_KEYS | {"norm_eps": "rms_norm_eps"},
    defaults={
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "vocab_size": 32000,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "eos_token_id": 2,
    },
    traits={
        "norm": "rms",
        "norm_bias": False,
        "norm_position": "pre",
        "final_norm": True,
        "gated_mlp": True,
        "positions": "rotary",
        "causal": True,
    },
    choices={"hidden_act": ACTIVATION_CHOICES, "tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(
            biases("attention_bias", "b_Q", "b_K", "b_V", "b_O"), biases("mlp_bias", "b_gate", "b_in", "b_out")
        ),
        rope(),
    ),
    required={"rope_interleaved": (False,)},
    harmless=frozenset({"is_llama_config", "pretraining_tp"}),
    tensors={
        "W_E": Source("embed_tokens.weight", "token, model"),
        "w_attn": Source(LAYER + "input_layernorm.weight", "model"),
        "W_Q": Source(LAYER + "self_attn.q_proj.weight", "head*dim, model"),
        "b_Q": Source(LAYER + "self_attn.q_proj.bias", "head*dim"),
        "W_K": Source(LAYER + "self_attn.k_proj.weight", "kv_head*dim, model"),
        "b_K": Source(LAYER + "self_attn.k_proj.bias", "kv_head*dim"),
        "W_V": Source(LAYER + "self_attn.v_proj.weight", "kv_head*dim, model"),
        "b_V": Source(LAYER + "self_attn.v_proj.bias", "kv_head*dim"),
        "W_O": Source(LAYER + "self_attn.o_proj.weight", "model, head*dim"),
        "b_O": Source(LAYER + "self_attn.o_proj.bias", "model"),
        "w_mlp": Source(LAYER + "post_attention_layernorm.weight", "model"),
        "W_gate": Source(LAYER + "mlp.gate_proj.weight", "mlp, model"),
        "b_gate": Source(LAYER + "mlp.gate_proj.bias", "mlp"),
        "W_in": Source(LAYER + "mlp.up_proj.weight", "mlp, model"),
        "b_in": Source(LAYER + "mlp.up_proj.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.down_proj.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.down_proj.bias", "model"),
        "w_final": Source("norm.weight", "model"),
        "W_U": Source("lm_head.weight", "vocab, model"),
    },
    unused=("layers.*.self_attn.rotary_emb.inv_freq", "lm_head.weight"),
)
