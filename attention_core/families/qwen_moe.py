"""Qwen3-MoE: Qwen3 with a router and experts in place of the MLP in some layers.

Source: Yang et al. 2025, https://arxiv.org/abs/2505.09388
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.llama import LAYER
from attention_core.families.qwen import QWEN3
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Rule, Source, Values
from attention_core.families.reading.windows import layer_count, one_window

WINDOW = one_window()


def sparse_layers(values: Values) -> dict[str, Any]:
    """Experts in every `decoder_sparse_step`th layer, except those in `mlp_only_layers`."""
    dense, every, experts = values["mlp_only_layers"] or [], values["decoder_sparse_step"], values["num_experts"]
    if not isinstance(dense, list) or not all(is_integer(layer, 0) for layer in dense):
        raise UnsupportedConfigError(f"mlp_only_layers must be a list of layers, got {dense!r}.")
    if not is_integer(every, 1):
        raise UnsupportedConfigError(f"decoder_sparse_step must be a whole number of at least 1, got {every!r}.")
    layers = range(layer_count(values, "num_hidden_layers"))
    moe_layers = tuple(layer for layer in layers if experts and layer not in dense and (layer + 1) % every == 0)
    return {"moe_layers": moe_layers}


def switched_window(values: Values) -> dict[str, Any]:
    """The same window in every layer, if `use_sliding_window` is true."""
    switch = values["use_sliding_window"]
    if not isinstance(switch, bool):
        raise UnsupportedConfigError(f"use_sliding_window must be true or false, got {switch!r}.")
    return WINDOW.read({**values, "sliding_window": values["sliding_window"] if switch else None})


QWEN3_MOE = replace(
    QWEN3,
    model_type="qwen3_moe",
    sizes={
        **QWEN3.sizes,
        "n_experts": "num_experts", "d_expert": "moe_intermediate_size", "experts_per_token": "num_experts_per_tok",
    },
    defaults={
        **{key: value for key, value in QWEN3.defaults.items() if key not in ("head_dim", "max_window_layers")},
        "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 24, "num_key_value_heads": 4,
        "decoder_sparse_step": 1, "mlp_only_layers": None, "moe_intermediate_size": 768,
        "num_experts": 128, "num_experts_per_tok": 8, "norm_topk_prob": False,
    },
    aliases={"num_local_experts": "num_experts"},
    choices={**QWEN3.choices, "norm_topk_prob": {True: {"norm_topk_prob": True}, False: {"norm_topk_prob": False}}},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(biases("attention_bias", "b_Q", "b_K", "b_V", "b_O")),
        rope(),
        Rule((*WINDOW.keys, "use_sliding_window"), switched_window),
        Rule(("num_experts", "decoder_sparse_step", "mlp_only_layers"), sparse_layers),
    ),
    harmless=QWEN3.harmless | {"max_window_layers", "output_router_logits", "router_aux_loss_coef"},
    tensors={
        **QWEN3.tensors,
        "W_router": Source(LAYER + "mlp.gate.weight", "expert, model"),
        "W_expert_gate": Source(LAYER + "mlp.experts.{expert}.gate_proj.weight", "expert_mlp, model"),
        "W_expert_in": Source(LAYER + "mlp.experts.{expert}.up_proj.weight", "expert_mlp, model"),
        "W_expert_out": Source(LAYER + "mlp.experts.{expert}.down_proj.weight", "model, expert_mlp"),
    },
)  # fmt: skip
