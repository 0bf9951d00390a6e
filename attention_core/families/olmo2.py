"""OLMo 2: Llama with norms of each sublayer's output, and of all queries and all keys across heads.

Source: OLMo team 2024, https://arxiv.org/abs/2501.00656
"""

from dataclasses import replace

from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Source

UNUSED = ("w_attn", "w_mlp")

OLMO2 = replace(
    LLAMA,
    model_type="olmo2",
    defaults={key: value for key, value in LLAMA.defaults.items() if key != "mlp_bias"}
    | {"vocab_size": 50304, "rms_norm_eps": 1e-5, "eos_token_id": 50279},
    traits={**LLAMA.traits, "norm_position": "branch", "qk_norm": "all_heads"},
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
        rope(d_head=None),
    ),
    tensors={name: source for name, source in LLAMA.tensors.items() if name not in UNUSED}
    | {
        "w_attn_out": Source(LAYER + "post_attention_layernorm.weight", "model"),
        "w_mlp_out": Source(LAYER + "post_feedforward_layernorm.weight", "model"),
        "w_q_norm": Source(LAYER + "self_attn.q_norm.weight", "head*dim"),
        "w_k_norm": Source(LAYER + "self_attn.k_norm.weight", "kv_head*dim"),
    },
)
