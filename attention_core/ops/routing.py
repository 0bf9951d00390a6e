"""Choosing a few experts for each token, and multiplying with theirs alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np

from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Ref
from attention_core.errors import InputError


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

    def term(self, cell: Cell) -> Term:
        chosen, source = int(cell.value()), cell.stage.inputs[0]
        row = [cell.part(source, point) for point in cell.points(source.axes[-1:], source)]
        rank, own = cell.index[cell.stage.axes[-1]] + 1, row[chosen]
        note = f"{own.name} = {own.value:.4f} is number {rank} by size of the {len(row)} in its row."
        return Term(Fraction(chosen), note=note)


@dataclass(frozen=True)
class Gather(Operation):
    """The numbers of each row at the places that another quantity names.

    result[position, choice] = x[position, expert[position, choice]]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return np.take_along_axis(inputs[0].numbers, inputs[1].numbers, axis=-1)

    def term(self, cell: Cell) -> Term:
        x, places = cell.stage.inputs
        chosen, note = named_expert(cell, places)
        return replace(cell.place(x, {x.axes[-1]: chosen}).term(), note=note)


@dataclass(frozen=True)
class Normalize(Operation):
    """Each number divided by the sum of its row, so that the row sums to 1.

    result[…, i] = x[…, i] / sum over j of x[…, j]
    """

    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers / inputs[0].numbers.sum(axis=-1, keepdims=True)

    def term(self, cell: Cell) -> Term:
        x = cell.stage.inputs[0]
        row = (cell.part(x, point) for point in cell.points(x.axes[-1:], x))
        return make("quotient", (cell.part(x), make("sum", row).named("sum")))


@dataclass(frozen=True)
class ExpertMatmul(Operation):
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
