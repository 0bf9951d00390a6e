"""Mixture of experts, declared: a router sends each token to a few of many MLPs and weights their outputs.

Source: Shazeer et al. 2017, https://arxiv.org/abs/1701.06538; Jiang et al. 2024, https://arxiv.org/abs/2401.04088
"""

from __future__ import annotations

from attention_core.architecture.declare import stage
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.activations import Activate
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Clamp, Multiply
from attention_core.ops.routing import ExpertMatmul, Gather, Normalize, TopK
from attention_core.ops.softmax import Softmax

CHOICE_AXES = "[position, choice]"
"""A token and one of the experts it is routed to, in order of decreasing weight."""


def optional_bias(config: ModelConfig, name: str, axes: str) -> tuple[list[str], str]:
    """A bias as an input and as the end of an equation, both empty if the model does not have it."""
    return ([f"{name}{axes}"], f" + {name}") if name in config.biases else ([], "")


def expert_stages(config: ModelConfig, source: str) -> list[Stage]:
    """From the router's input to the experts' weighted sum, which is added to the residual stream."""
    act = config.activation
    selected = "expert_prob" if config.norm_topk_prob else "expert_weight"
    bias, plus = optional_bias(config, "b_router", "[expert]")
    stages = [
        stage("router_logits[position, expert]", Einsum(), f"{source}[position, model]", "W_router[model, expert]",
              *bias, title="Router logits", equation=f"router_logits = {source} · W_router{plus}"),
        stage("router_probs[position, expert]", Softmax(), "router_logits[position, expert]",
              title="Router probabilities", equation="e^(logit − max) ÷ sum of e^(logit − max)"),
        stage(f"expert{CHOICE_AXES}", TopK(config.experts_per_token), "router_probs[position, expert]",
              title="Experts selected for each token",
              equation=f"the {config.experts_per_token} experts with the largest router_probs"),
        stage(f"{selected}{CHOICE_AXES}", Gather(), "router_probs[position, expert]", f"expert{CHOICE_AXES}",
              title="Weights of the selected experts", equation=f"{selected} = router_probs[expert]"),
    ]  # fmt: skip
    if config.norm_topk_prob:
        stages.append(stage(f"expert_weight{CHOICE_AXES}", Normalize(), f"expert_prob{CHOICE_AXES}",
                            title="Expert weights, normalized to sum to 1",
                            equation="expert_weight = expert_prob ÷ sum of expert_prob"))  # fmt: skip
    hidden_axes = "[position, choice, expert_mlp]"

    def expert_product(name: str, x: str, weight: str, columns: str, title: str) -> Stage:
        rows = x[:-1].split(", ")[-1]
        bias, plus = optional_bias(config, weight.replace("W_", "b_"), f"[expert, {columns}]")
        return stage(f"{name}[position, choice, {columns}]", ExpertMatmul(), x,
                     f"{weight}[expert, {rows}, {columns}]", f"expert{CHOICE_AXES}", *bias, title=title,
                     equation=f"{name} = {x.partition('[')[0]} · {weight}[expert]{plus}")  # fmt: skip

    stages += [
        expert_product("expert_gate", f"{source}[position, model]", "W_expert_gate", "expert_mlp", "Expert gate"),
        expert_product("expert_in", f"{source}[position, model]", "W_expert_in", "expert_mlp", "Expert hidden layer"),
    ]
    gate, hidden, bound = "expert_gate", "expert_in", config.expert_clamp
    if bound:
        gate, hidden = f"{gate}_clamped", f"{hidden}_clamped"
        stages += [
            stage(f"{gate}{hidden_axes}", Clamp(bound, symmetric=False), f"expert_gate{hidden_axes}",
                  title="Gate, clamped from above", equation=f"{gate} = min(expert_gate, {bound:g})"),
            stage(f"{hidden}{hidden_axes}", Clamp(bound, symmetric=True), f"expert_in{hidden_axes}",
                  title="Hidden layer, clamped", equation=f"{hidden} = max(min(expert_in, {bound:g}), −{bound:g})"),
        ]  # fmt: skip
    offset = config.expert_offset
    factor = f"({hidden} + {offset:g})" if offset else hidden
    return [
        *stages,
        stage(f"expert_act{hidden_axes}", Activate(act), f"{gate}{hidden_axes}", title="After the activation function",
              equation=f"expert_act = {act}({gate})"),
        stage(f"expert_gated{hidden_axes}", Multiply(offset), f"expert_act{hidden_axes}", f"{hidden}{hidden_axes}",
              title="Gated", equation=f"expert_gated = expert_act × {factor}"),
        expert_product("expert_out", f"expert_gated{hidden_axes}", "W_expert_out", "model", "Expert output"),
        stage("mlp_out[position, model]", Einsum(),
              f"expert_weight{CHOICE_AXES}", "expert_out[position, choice, model]",
              title="Weighted sum of expert outputs",
              equation="mlp_out = sum over choices of expert_weight × expert_out"),
    ]  # fmt: skip
