"""Mistral: Llama with a window in every layer, and no biases.

Source: Jiang et al. 2023, https://arxiv.org/abs/2310.06825
"""

from dataclasses import replace

from attention_core.families.llama import LLAMA
from attention_core.families.reading.rules import either, head_width, rope
from attention_core.families.reading.windows import one_window

PLAIN = {key: value for key, value in LLAMA.defaults.items() if key not in ("attention_bias", "mlp_bias")}
"""Llama's defaults without its switches for biases."""

MISTRAL = replace(
    LLAMA,
    model_type="mistral",
    defaults=PLAIN | {
        "intermediate_size": 14336, "num_key_value_heads": 8, "max_position_embeddings": 131072, "sliding_window": 4096,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        rope(),
        one_window(),
    ),
)  # fmt: skip
