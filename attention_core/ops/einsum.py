"""Sums of products of two arrays, with which projections, scores and mixes are declared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding

Axes = tuple[str, ...]


@dataclass(frozen=True)
class Einsum(Operation):
    """The sum of products over the axes that both inputs have and the result has not; then a bias.

    result[…] = sum over the shared axes of left[…] * right[…], + bias[…]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        left, right, *bias = inputs
        made = self._product(axes, left, right)
        for each in bias:
            made += each.along(axes)
        return made

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        left, right, *bias = inputs
        self._product(axes, left, right, out)
        for each in bias:
            out += each.along(axes)
        return out

    @staticmethod
    def _product(axes: tuple[str, ...], left: Operand, right: Operand, out: Numbers | None = None) -> Numbers:
        batch, summed, rows, columns = _sides(axes, left.axes, right.axes)
        a, b = _folded(left, batch, rows, summed), _folded(right, batch, summed, columns)
        found = (*batch, *rows, *columns)
        if found == axes and len(rows) == len(columns) == 1:
            return np.matmul(a, b, out=out)
        sizes = dict(zip((*left.axes, *right.axes), (*left.numbers.shape, *right.numbers.shape), strict=True))
        made = np.matmul(a, b).reshape([sizes[axis] for axis in found]).transpose([found.index(axis) for axis in axes])
        if out is None:
            return made
        out[...] = made
        return out

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        left, right, *bias = inputs
        every = (*axes, *(axis for axis in left.axes if axis in right.axes and axis not in axes))
        products = rounded(left.along(every) * right.along(every))
        made = products.sum(axis=tuple(range(len(axes), len(every))))
        return rounded(sum((each.along(axes) for each in bias), made))

    def term(self, cell: Cell) -> Term:
        left, right, *bias = cell.stage.inputs
        free = tuple(axis for axis in left.axes if axis in right.axes and axis not in cell.stage.axes)
        products = (
            make("product", (cell.part(left, point), cell.part(right, point))) for point in cell.points(free, left)
        )
        return make("sum", (*products, *map(cell.part, bias)))


@cache
def _sides(axes: Axes, left: Axes, right: Axes) -> tuple[Axes, Axes, Axes, Axes]:
    """The axes of a product: those of both sides that stay, those summed over, the left's own, the right's own."""
    both = [axis for axis in left if axis in right]
    return (
        tuple(axis for axis in both if axis in axes),
        tuple(axis for axis in both if axis not in axes),
        tuple(axis for axis in left if axis not in both),
        tuple(axis for axis in right if axis not in both),
    )


@cache
def _order(axes: Axes, groups: tuple[Axes, ...]) -> tuple[list[int], bool]:
    """The places of the axes, group by group, and whether each group but the first is a single axis."""
    return [axes.index(axis) for group in groups for axis in group], all(len(group) == 1 for group in groups[1:])


def _folded(operand: Operand, *groups: Axes) -> Numbers:
    """The numbers with their axes in groups: the first kept apart, each of the others made into one axis."""
    order, single = _order(operand.axes, groups)
    made = operand.numbers.transpose(order)
    if single:
        return made
    lengths = iter(made.shape)
    shape = [[next(lengths) for _ in group] for group in groups]
    return made.reshape([*shape[0], *map(math.prod, shape[1:])])
