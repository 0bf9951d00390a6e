"""Phi: attention and MLP in parallel with one norm, a part of each head rotated, biased logits.

Source: Li et al. 2023, https://arxiv.org/abs/2309.05463
"""

from dataclasses import replace

from attention_core.families.llama import LAYER
from attention_core.families.reading.rules import either, head_width, rope
from attention_core.families.reading.schema import Source
from attention_core.families.stablelm import STABLELM

LEFT_OUT = ("w_mlp", "b_mlp", "W_gate", "b_gate")

PHI = replace(
    STABLELM,
    model_type="phi",
    defaults={
        "num_hidden_layers": 24, "num_attention_heads": 32, "hidden_size": 2048, "intermediate_size": 8192,
        "vocab_size": 51200, "max_position_embeddings": 2048, "layer_norm_eps": 1e-5, "hidden_act": "gelu_new",
        "tie_word_embeddings": False, "qk_layernorm": False, "eos_token_id": 2,
    },
    traits={
        **STABLELM.traits, "parallel_block": "one", "gated_mlp": False,
        "biases": frozenset({"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out", "b_U", "b_q_norm", "b_k_norm"}),
    },
    choices={
        **{key: value for key, value in STABLELM.choices.items() if key != "use_parallel_residual"},
        "qk_layernorm": {True: {"qk_norm": "head"}, False: {}},
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        rope(d_head=None, part="partial_rotary_factor", default_part=0.5),
    ),
    harmless=STABLELM.harmless | {"embd_pdrop", "resid_pdrop"},
    tensors={
        **{name: source for name, source in STABLELM.tensors.items() if name not in LEFT_OUT},
        "W_O": Source(LAYER + "self_attn.dense.weight", "model, head*dim"),
        "b_O": Source(LAYER + "self_attn.dense.bias", "model"),
        "W_in": Source(LAYER + "mlp.fc1.weight", "mlp, model"),
        "b_in": Source(LAYER + "mlp.fc1.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.fc2.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.fc2.bias", "model"),
        **{
            f"{canonical}_{kind}_norm": Source(f"{LAYER}self_attn.{kind}_layernorm.{own}", "dim")
            for kind in "qk"
            for canonical, own in (("w", "weight"), ("b", "bias"))
        },
        "w_final": Source("final_layernorm.weight", "model"),
        "b_final": Source("final_layernorm.bias", "model"),
        "b_U": Source("lm_head.bias", "vocab"),
    },
    unused=(*STABLELM.unused, "lm_head.bias"),
)  # fmt: skip
