"""Phi-3: Llama with queries, keys and values in one matrix, and the MLP's gate and input in another.

Source: Abdin et al. 2024, https://arxiv.org/abs/2404.14219
"""

from dataclasses import replace

from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.mistral import PLAIN
from attention_core.families.reading.rules import either, head_width, rope
from attention_core.families.reading.schema import Source
from attention_core.families.reading.windows import one_window

QKV = "(head + kv_head + kv_head)*dim, model"

PHI3 = replace(
    LLAMA,
    model_type="phi3",
    defaults=PLAIN | {
        "vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192, "max_position_embeddings": 4096,
        "original_max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "sliding_window": None,
        "eos_token_id": 32000,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        rope(d_head=None, part="partial_rotary_factor"),
        one_window(),
    ),
    harmless=LLAMA.harmless | {"embd_pdrop", "resid_pdrop", "original_max_position_embeddings"},
    tensors={
        **LLAMA.tensors,
        **{f"W_{kind}": Source(LAYER + "self_attn.qkv_proj.weight", QKV, at) for at, kind in enumerate("QKV")},
        "W_gate": Source(LAYER + "mlp.gate_up_proj.weight", "(mlp + mlp), model", 0),
        "W_in": Source(LAYER + "mlp.gate_up_proj.weight", "(mlp + mlp), model", 1),
    },
)  # fmt: skip
