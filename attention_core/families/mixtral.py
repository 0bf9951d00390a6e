"""Mixtral: Mistral with a router and experts in place of the MLP in every layer.

Source: Jiang et al. 2024, https://arxiv.org/abs/2401.04088
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.llama import LAYER
from attention_core.families.mistral import MISTRAL
from attention_core.families.reading.schema import Rule, Source, Values
from attention_core.families.reading.windows import layer_count

EXPERTS = LAYER + "block_sparse_moe."


def experts_in_every_layer(values: Values) -> dict[str, Any]:
    """Experts in every layer."""
    if not is_integer(values["num_local_experts"], 1):
        raise UnsupportedConfigError(
            f"num_local_experts must be a whole number of at least 1, got {values['num_local_experts']!r}."
        )
    layers = tuple(range(layer_count(values, "num_hidden_layers")))
    return {"moe_layers": layers, "n_experts": values["num_local_experts"]}


MIXTRAL = replace(
    MISTRAL,
    model_type="mixtral",
    sizes={**MISTRAL.sizes, "d_expert": "intermediate_size", "experts_per_token": "num_experts_per_tok"},
    aliases={"num_experts": "num_local_experts"},
    defaults={
        **MISTRAL.defaults,
        "num_local_experts": 8, "num_experts_per_tok": 2, "rms_norm_eps": 1e-5, "rope_theta": 1000000.0,
        "sliding_window": None,
    },
    traits={**MISTRAL.traits, "norm_topk_prob": True},
    rules=(*MISTRAL.rules, Rule(("num_local_experts", "num_hidden_layers"), experts_in_every_layer)),
    harmless=MISTRAL.harmless | {"output_router_logits", "router_aux_loss_coef", "router_jitter_noise"},
    tensors={
        **{name: source for name, source in MISTRAL.tensors.items() if name not in ("W_gate", "W_in", "W_out")},
        "W_router": Source(EXPERTS + "gate.weight", "expert, model"),
        "W_expert_gate": Source(EXPERTS + "experts.{expert}.w1.weight", "expert_mlp, model"),
        "W_expert_in": Source(EXPERTS + "experts.{expert}.w3.weight", "expert_mlp, model"),
        "W_expert_out": Source(EXPERTS + "experts.{expert}.w2.weight", "model, expert_mlp"),
    },
)  # fmt: skip
