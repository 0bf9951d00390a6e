"""StableLM: layer norms with biases, a part of each head rotated, sequential or parallel sublayers.

Source: Bellagente et al. 2024, https://arxiv.org/abs/2402.17834
"""

from dataclasses import replace

from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.mistral import PLAIN
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Source

STABLELM = replace(
    LLAMA,
    model_type="stablelm",
    sizes={**LLAMA.sizes, "norm_eps": "layer_norm_eps"},
    defaults={key: value for key, value in PLAIN.items() if key != "rms_norm_eps"} | {
        "vocab_size": 50304, "intermediate_size": 6912, "hidden_size": 2560, "max_position_embeddings": 4096,
        "layer_norm_eps": 1e-5, "use_qkv_bias": False, "use_parallel_residual": False, "num_key_value_heads": 32,
        "qk_layernorm": False, "eos_token_id": 0,
    },
    traits={**LLAMA.traits, "norm": "layer", "norm_bias": True},
    choices={
        **LLAMA.choices,
        "use_parallel_residual": {True: {"parallel_block": "one"}, False: {}},
        "qk_layernorm": {True: {"qk_norm": "own_weights"}, False: {}},
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("use_qkv_bias", "b_Q", "b_K", "b_V")),
        rope(d_head=None, part="partial_rotary_factor", default_part=0.25),
    ),
    harmless=LLAMA.harmless | {"hidden_dropout"},
    tensors={
        **LLAMA.tensors,
        "w_q_norm": Source(LAYER + "self_attn.q_layernorm.norms.{head}.weight", "dim"),
        "w_k_norm": Source(LAYER + "self_attn.k_layernorm.norms.{kv_head}.weight", "dim"),
        "b_attn": Source(LAYER + "input_layernorm.bias", "model"),
        "b_mlp": Source(LAYER + "post_attention_layernorm.bias", "model"),
        "b_final": Source("norm.bias", "model"),
    },
)  # fmt: skip
