"""Routing: selecting a few experts for each token, and multiplying by the weights of those experts only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np

from attention_core.computation.derivation import Term, combine, dot_product
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Ref
from attention_core.errors import InputError


@dataclass(frozen=True)
class TopK(Operation):
    """The indices of the largest numbers in each row, largest first; ties go to the lower index.

    count: how many to select

    Raises InputError if a selected number above 0 equals one that is not selected, because which of the two a model
    selects is undefined. If both are 0, the choice makes no difference.
    """

    count: int
    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x = inputs[0].numbers
        order = np.argsort(-x, axis=-1, kind="stable")
        boundary = np.take_along_axis(x, order[..., self.count - 1 : self.count + 1], axis=-1)
        tied = (boundary[..., :1] == boundary[..., 1:]) & (boundary[..., :1] > 0)
        if tied.any():
            raise InputError(
                f"The router gives two experts the same weight for token {int(np.argwhere(tied)[0][0])}, but only one "
                "of them can be selected: which one is undefined."
            )
        return order[..., : self.count]

    def term(self, cell: Cell) -> Term:
        selected, x = int(cell.value()), cell.stage.inputs[0]
        row = cell.input_terms(x, x.axes[-1:])
        rank, term = cell.index[cell.stage.axes[-1]] + 1, row[selected]
        return Term(Fraction(selected), note=f"{term.name} = {term.value:.4f} ranks {rank} of {len(row)} in its row.")


@dataclass(frozen=True)
class Gather(Operation):
    """The numbers of each row at the indices that another quantity holds.

    result[position, choice] = x[position, expert[position, choice]]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return np.take_along_axis(inputs[0].numbers, inputs[1].numbers, axis=-1)

    def term(self, cell: Cell) -> Term:
        x, expert = cell.stage.inputs
        selected, note = chosen_expert(cell, expert)
        return replace(cell.input_cell(x, {x.axes[-1]: selected}).term(), note=note)


@dataclass(frozen=True)
class Normalize(Operation):
    """Each number divided by the sum of its row, so the row sums to 1.

    result[…, i] = x[…, i] / sum over j of x[…, j]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers / inputs[0].numbers.sum(axis=-1, keepdims=True)

    def term(self, cell: Cell) -> Term:
        x = cell.stage.inputs[0]
        total = combine("sum", cell.input_terms(x, x.axes[-1:])).named("sum")
        return combine("quotient", (cell.input_term(x), total))


@dataclass(frozen=True)
class ExpertMatmul(Operation):
    """Each row times the matrix of every expert it is routed to; experts without rows are not computed.

        result[i, c] = x[i] · W[expert[i, c]], or x[i, c] · W[expert[i, c]], plus b[expert[i, c]] if there is a bias

    The inputs are x, W [expert, row, column], expert [position, choice], and b [expert, column].
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, weight, expert, *bias = inputs
        experts = expert.numbers
        rows = np.broadcast_to(x.aligned((*axes[:-1], x.axes[-1])), (*experts.shape, x.numbers.shape[-1]))
        result = np.empty((*experts.shape, weight.numbers.shape[-1]), x.numbers.dtype)
        for each in np.unique(experts):
            routed = experts == each
            result[routed] = rows[routed] @ weight.numbers[each]
            for b in bias:
                result[routed] += b.numbers[each]
        return result

    def term(self, cell: Cell) -> Term:
        x, weight, expert, *bias = cell.stage.inputs
        selected, note = chosen_expert(cell, expert)
        summed, known = x.axes[-1:], {"expert": selected}
        product = dot_product(cell.input_terms(x, summed), cell.input_terms(weight, summed, known))
        biases = (cell.input_term(each, known) for each in bias)
        return replace(combine("sum", (*product.parts, *biases)), note=note)


def chosen_expert(cell: Cell, expert: Ref) -> tuple[int, str]:
    """The expert that a number belongs to, given its index among its token's choices, and a sentence that says so."""
    selected = int(cell.input_cell(expert, {}).value())
    return selected, f"This token’s choice {cell.index['choice']} is expert {selected}."
