"""A mixture of experts, declared: a router gives each token a few of many MLPs, whose outputs are mixed by its weights.

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

TO = "[position, choice]"
"""A token and one of the experts that it goes to, the strongest first."""


def biased(config: ModelConfig, name: str, axes: str) -> tuple[list[str], str]:
    """A bias as an input and as the end of an equation, where the model has it."""
    return ([f"{name}{axes}"], f" + {name}") if name in config.biases else ([], "")


def expert_stages(config: ModelConfig, read: str) -> list[Stage]:
    """From what the router reads to what the mixed experts add to the stream."""
    act = config.activation
    picked = "expert_prob" if config.router_shares else "expert_weight"
    bias, plus = biased(config, "b_router", "[expert]")
    stages = [
        stage("router_logits[position, expert]", Einsum(), f"{read}[position, model]", "W_router[model, expert]",
              *bias, title="The router’s scores", equation=f"router_logits = {read} · W_router{plus}"),
        stage("router_probs[position, expert]", Softmax(), "router_logits[position, expert]",
              title="The router’s weights of all experts", equation="e^(score − max) ÷ sum of e^(score − max)"),
        stage(f"expert{TO}", TopK(config.experts_per_token), "router_probs[position, expert]",
              title="The experts that each token goes to",
              equation=f"the {config.experts_per_token} experts with the largest router_probs"),
        stage(f"{picked}{TO}", Gather(), "router_probs[position, expert]", f"expert{TO}",
              title="Their weights", equation=f"{picked} = router_probs[expert]"),
    ]  # fmt: skip
    if config.router_shares:
        stages.append(stage(f"expert_weight{TO}", Normalize(), f"expert_prob{TO}",
                            title="Their weights, made to sum to 1",
                            equation="expert_weight = expert_prob ÷ sum of expert_prob"))  # fmt: skip
    into = "[position, choice, expert_mlp]"

    def routed(name: str, source: str, weight: str, columns: str, title: str) -> Stage:
        rows = source[:-1].split(", ")[-1]
        bias, plus = biased(config, weight.replace("W_", "b_"), f"[expert, {columns}]")
        return stage(f"{name}[position, choice, {columns}]", ExpertMatmul(), source,
                     f"{weight}[expert, {rows}, {columns}]", f"expert{TO}", *bias, title=title,
                     equation=f"{name} = {source.partition('[')[0]} · {weight}[expert]{plus}")  # fmt: skip

    stages += [
        routed("expert_gate", f"{read}[position, model]", "W_expert_gate", "expert_mlp", "Each expert’s gate"),
        routed("expert_in", f"{read}[position, model]", "W_expert_in", "expert_mlp", "Into each expert"),
    ]
    gate, own, bound = "expert_gate", "expert_in", config.expert_clamp
    if bound:
        gate, own = f"{gate}_clamped", f"{own}_clamped"
        stages += [
            stage(f"{gate}{into}", Clamp(bound, both=False), f"expert_gate{into}", title="Kept below a bound",
                  equation=f"{gate} = min(expert_gate, {bound:g})"),
            stage(f"{own}{into}", Clamp(bound, both=True), f"expert_in{into}", title="Kept between two bounds",
                  equation=f"{own} = max(min(expert_in, {bound:g}), −{bound:g})"),
        ]  # fmt: skip
    offset = config.expert_offset
    factor = f"({own} + {offset:g})" if offset else own
    return [
        *stages,
        stage(f"expert_act{into}", Activate(act), f"{gate}{into}", title="Activated",
              equation=f"expert_act = {act}({gate})"),
        stage(f"expert_gated{into}", Multiply(offset), f"expert_act{into}", f"{own}{into}", title="Gated",
              equation=f"expert_gated = expert_act × {factor}"),
        routed("expert_out", f"expert_gated{into}", "W_expert_out", "model", "Out of each expert"),
        stage("mlp_out[position, model]", Einsum(), f"expert_weight{TO}", "expert_out[position, choice, model]",
              title="Experts mixed", equation="mlp_out = sum over choices of expert_weight × expert_out"),
    ]  # fmt: skip
