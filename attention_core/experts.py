"""A mixture of experts, declared: a router gives each token a few of many MLPs, whose outputs are mixed by its weights.

Source: Shazeer et al. 2017, https://arxiv.org/abs/1701.06538; Jiang et al. 2024, https://arxiv.org/abs/2401.04088
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np

from attention_core.config import ModelConfig
from attention_core.declare import stage
from attention_core.derivation import Term, make
from attention_core.elementwise import Activate, Clamp, Multiply
from attention_core.errors import InputError
from attention_core.operations import Softmax
from attention_core.products import Contract
from attention_core.stages import Cell, Numbers, Operand, Operation, Ref, Rounding, Stage

TO = "[position, choice]"
"""A token and one of the experts that it goes to, the strongest first."""


@dataclass(frozen=True)
class TopK(Operation):
    """Which places of each row hold its largest numbers, the largest first; of equals, the earlier first.

    count: how many of them

    Raises InputError where a number above 0 is as large as one that would be left out: which of the two a model
    takes is left to chance. Where both are 0, nothing depends on it.
    """

    count: int
    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x = inputs[0].numbers
        order = np.argsort(-x, axis=-1, kind="stable")
        border = np.take_along_axis(x, order[..., self.count - 1 : self.count + 1], axis=-1)
        tied = (border[..., :1] == border[..., 1:]) & (border[..., :1] > 0)
        if tied.any():
            raise InputError(
                f"The router gives two experts the same weight for token {int(np.argwhere(tied)[0][0])}, and only one "
                "of them is to be taken: which one is not defined."
            )
        return order[..., : self.count]

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        chosen, source = int(cell.value()), cell.stage.inputs[0]
        row = [cell.part(source, point) for point in cell.points(source.axes[-1:], source)]
        rank, own = cell.index[cell.stage.axes[-1]] + 1, row[chosen]
        note = f"{own.name} = {own.value:.4f} is number {rank} by size of the {len(row)} in its row."
        return Term(Fraction(chosen), note=note)


@dataclass(frozen=True)
class Pick(Operation):
    """The numbers of each row at the places that another quantity names.

    result[position, choice] = x[position, expert[position, choice]]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return np.take_along_axis(inputs[0].numbers, inputs[1].numbers, axis=-1)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        x, places = cell.stage.inputs
        chosen, note = named_expert(cell, places)
        return replace(cell.place(x, {x.axes[-1]: chosen}).term(), note=note)


@dataclass(frozen=True)
class Share(Operation):
    """Each number divided by the sum of its row, so that the row sums to 1.

    result[…, i] = x[…, i] / sum over j of x[…, j]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers / inputs[0].numbers.sum(axis=-1, keepdims=True)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(inputs[0].numbers / rounded(inputs[0].numbers.sum(axis=-1, keepdims=True)))

    def term(self, cell: Cell) -> Term:
        x = cell.stage.inputs[0]
        row = (cell.part(x, point) for point in cell.points(x.axes[-1:], x))
        return make("quotient", (cell.part(x), make("sum", row).named("sum")))


@dataclass(frozen=True)
class Routed(Operation):
    """Each row times the matrix of every expert that it goes to; an expert that no row goes to is not computed.

        result[i, c] = x[i] · W[expert[i, c]], or x[i, c] · W[expert[i, c]], and + b[expert[i, c]] where there is a bias

    The inputs are x, W [expert, row, column], expert [position, choice], and b [expert, column].
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, weight, expert, *bias = inputs
        places = expert.numbers
        rows = np.broadcast_to(x.along((*axes[:-1], x.axes[-1])), (*places.shape, x.numbers.shape[-1]))
        made = np.empty((*places.shape, weight.numbers.shape[-1]), x.numbers.dtype)
        for each in np.unique(places):
            sent = places == each
            made[sent] = rows[sent] @ weight.numbers[each]
            for own in bias:
                made[sent] += own.numbers[each]
        return made

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))

    def term(self, cell: Cell) -> Term:
        x, weight, expert, *bias = cell.stage.inputs
        chosen, note = named_expert(cell, expert)
        products = [
            make("product", (cell.part(x, point), cell.part(weight, {"expert": chosen} | point)))
            for point in cell.points(x.axes[-1:], x)
        ]
        return replace(make("sum", [*products, *(cell.part(each, {"expert": chosen}) for each in bias)]), note=note)


def named_expert(cell: Cell, expert: Ref) -> tuple[int, str]:
    """The expert that a number belongs to, by its place among those of its token, and a sentence that says it."""
    chosen = int(cell.place(expert, {}).value())
    return chosen, f"This token’s choice {cell.index['choice']} is expert {chosen}."


def biased(config: ModelConfig, name: str, axes: str) -> tuple[list[str], str]:
    """A bias as an input and as the end of an equation, where the model has it."""
    return ([f"{name}{axes}"], f" + {name}") if name in config.biases else ([], "")


def expert_stages(config: ModelConfig, read: str) -> list[Stage]:
    """From what the router reads to what the mixed experts add to the stream."""
    act = config.activation
    picked = "expert_prob" if config.router_shares else "expert_weight"
    bias, plus = biased(config, "b_router", "[expert]")
    stages = [
        stage("router_logits[position, expert]", Contract(), f"{read}[position, model]", "W_router[model, expert]",
              *bias, title="The router’s scores", equation=f"router_logits = {read} · W_router{plus}"),
        stage("router_probs[position, expert]", Softmax(), "router_logits[position, expert]",
              title="The router’s weights of all experts", equation="e^(score − max) ÷ sum of e^(score − max)"),
        stage(f"expert{TO}", TopK(config.experts_per_token), "router_probs[position, expert]",
              title="The experts that each token goes to",
              equation=f"the {config.experts_per_token} experts with the largest router_probs"),
        stage(f"{picked}{TO}", Pick(), "router_probs[position, expert]", f"expert{TO}",
              title="Their weights", equation=f"{picked} = router_probs[expert]"),
    ]  # fmt: skip
    if config.router_shares:
        stages.append(stage(f"expert_weight{TO}", Share(), f"expert_prob{TO}", title="Their weights, made to sum to 1",
                            equation="expert_weight = expert_prob ÷ sum of expert_prob"))  # fmt: skip
    into = "[position, choice, expert_mlp]"

    def routed(name: str, source: str, weight: str, columns: str, title: str) -> Stage:
        rows = source[:-1].split(", ")[-1]
        bias, plus = biased(config, weight.replace("W_", "b_"), f"[expert, {columns}]")
        return stage(f"{name}[position, choice, {columns}]", Routed(), source, f"{weight}[expert, {rows}, {columns}]",
                     f"expert{TO}", *bias, title=title,
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
        stage("mlp_out[position, model]", Contract(), f"expert_weight{TO}", "expert_out[position, choice, model]",
              title="Experts mixed", equation="mlp_out = sum over choices of expert_weight × expert_out"),
    ]  # fmt: skip
