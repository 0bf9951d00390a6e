"""Qwen2: Llama with biases on queries, keys and values, and windows in its later layers. Qwen3: norms of q and k.

Sources: Yang et al. 2024, https://arxiv.org/abs/2407.10671; Yang et al. 2025, https://arxiv.org/abs/2505.09388
"""

from dataclasses import replace

from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.mistral import PLAIN
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Source
from attention_core.families.reading.windows import windows_by_layer

DEFAULTS = PLAIN | {
    "vocab_size": 151936, "intermediate_size": 22016, "max_position_embeddings": 32768, "num_key_value_heads": 32,
    "sliding_window": 4096, "use_sliding_window": False, "max_window_layers": 28, "eos_token_id": None,
}  # fmt: skip
LATER = windows_by_layer(
    lambda values, layer: layer >= values["max_window_layers"], "max_window_layers", switch="use_sliding_window"
)

QWEN2 = replace(
    LLAMA,
    model_type="qwen2",
    defaults=DEFAULTS,
    traits={**LLAMA.traits, "biases": frozenset({"b_Q", "b_K", "b_V"})},
    required={**LLAMA.required, "use_mrope": (False,)},
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        rope(d_head=None),
        LATER,
    ),
)

QWEN3 = replace(
    LLAMA,
    model_type="qwen3",
    defaults=DEFAULTS | {"head_dim": 128, "attention_bias": False},
    traits={**LLAMA.traits, "qk_norm": "head"},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
        rope(),
        LATER,
    ),
    tensors={
        **LLAMA.tensors,
        "w_q_norm": Source(LAYER + "self_attn.q_norm.weight", "dim"),
        "w_k_norm": Source(LAYER + "self_attn.k_norm.weight", "dim"),
    },
)
