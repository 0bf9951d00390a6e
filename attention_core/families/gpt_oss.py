"""gpt-oss: Llama with a sink in every head, windows in every other layer, and experts with biases and clamped inputs.

Source: OpenAI 2025, https://arxiv.org/abs/2508.10925
"""

from dataclasses import replace
from typing import Any

from attention_core.families.llama import LAYER, LLAMA
from attention_core.families.mistral import PLAIN
from attention_core.families.mixtral import experts_in_every_layer
from attention_core.families.reading.rules import biases, check_positive, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import HEAD_CHOICES, Rule, Source, Values
from attention_core.families.reading.windows import windows_by_layer

EXPERTS = LAYER + "mlp.experts."
HALVES = "expert_mlp*(1 + 1)"
YARN = {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
        "original_max_position_embeddings": 4096}  # fmt: skip


def expert_clamp(values: Values) -> dict[str, Any]:
    """The bound to which the experts' gates and inputs are clamped."""
    check_positive({"swiglu_limit": values["swiglu_limit"]})
    return {"expert_clamp": values["swiglu_limit"]}


GPT_OSS = replace(
    LLAMA,
    model_type="gpt_oss",
    sizes={**LLAMA.sizes, "d_expert": "intermediate_size", "experts_per_token": "num_experts_per_tok"},
    aliases={"num_experts": "num_local_experts"},
    defaults={
        **PLAIN,
        "num_hidden_layers": 36, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
        "hidden_size": 2880, "intermediate_size": 2880, "vocab_size": 201088, "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5, "attention_bias": True, "sliding_window": 128, "num_local_experts": 128,
        "num_experts_per_tok": 4, "swiglu_alpha": 1.702, "swiglu_limit": 7.0, "rope_theta": 150000.0,
        "eos_token_id": None,
    },
    traits={
        **LLAMA.traits, "attn_sink": True, "norm_topk_prob": True, "activation": "quick_gelu", "expert_offset": 1.0,
    },
    choices={"tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(
            biases("attention_bias", "b_Q", "b_K", "b_V", "b_O"),
            always=frozenset({"b_router", "b_expert_gate", "b_expert_in", "b_expert_out"}),
        ),
        rope(otherwise=YARN),
        windows_by_layer(lambda _, layer: layer % 2 == 0),
        Rule(("num_local_experts", "num_hidden_layers"), experts_in_every_layer),
        Rule(("swiglu_limit",), expert_clamp),
    ),
    required={**LLAMA.required, "swiglu_alpha": (1.702,)},
    # The experts' activation does not depend on `hidden_act`.
    harmless=LLAMA.harmless | {
        "experts_per_token", "hidden_act", "initial_context_length", "output_router_logits", "router_aux_loss_coef",
    },
    tensors={
        **{name: source for name, source in LLAMA.tensors.items() if "mlp." not in source.name},
        "b_sink": Source(LAYER + "self_attn.sinks", "head"),
        "W_router": Source(LAYER + "mlp.router.weight", "expert, model"),
        "b_router": Source(LAYER + "mlp.router.bias", "expert"),
        **{
            f"{kind}_expert_{half}": Source(EXPERTS + name, layout, at)
            for at, half in enumerate(("gate", "in"))
            for kind, name, layout in (("W", "gate_up_proj", f"expert, model, {HALVES}"),
                                       ("b", "gate_up_proj_bias", f"expert, {HALVES}"))
        },
        "W_expert_out": Source(EXPERTS + "down_proj", "expert, expert_mlp, model"),
        "b_expert_out": Source(EXPERTS + "down_proj_bias", "expert, model"),
    },
)  # fmt: skip
