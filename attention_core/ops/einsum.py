"""Sums of products of two arrays, as in projections, scores and weighted sums."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from attention_core.computation.derivation import Term, combine, dot_product
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding

Axes = tuple[str, ...]


@dataclass(frozen=True)
class Einsum(Operation):
    """The sum of products over the axes that both inputs have and the result does not, plus an optional bias.

    result[…] = sum over the shared axes of left[…] * right[…], + bias[…]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        left, right, *bias = inputs
        result = self._product(axes, left, right)
        for each in bias:
            result += each.aligned(axes)
        return result

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        left, right, *bias = inputs
        self._product(axes, left, right, out)
        for each in bias:
            out += each.aligned(axes)
        return out

    @staticmethod
    def _product(axes: tuple[str, ...], left: Operand, right: Operand, out: Numbers | None = None) -> Numbers:
        batch, summed, rows, columns = _split_axes(axes, left.axes, right.axes)
        a, b = _grouped(left, batch, rows, summed), _grouped(right, batch, summed, columns)
        product_axes = (*batch, *rows, *columns)
        if product_axes == axes and len(rows) == len(columns) == 1:
            return np.matmul(a, b, out=out)
        sizes = dict(zip((*left.axes, *right.axes), (*left.numbers.shape, *right.numbers.shape), strict=True))
        product = np.matmul(a, b).reshape([sizes[axis] for axis in product_axes])
        product = product.transpose([product_axes.index(axis) for axis in axes])
        if out is None:
            return product
        out[...] = product
        return out

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        left, right, *bias = inputs
        all_axes = (*axes, *(axis for axis in left.axes if axis in right.axes and axis not in axes))
        products = rounded(left.aligned(all_axes) * right.aligned(all_axes))
        total = products.sum(axis=tuple(range(len(axes), len(all_axes))))
        return rounded(sum((each.aligned(axes) for each in bias), total))

    def term(self, cell: Cell) -> Term:
        left, right, *bias = cell.stage.inputs
        free = tuple(axis for axis in left.axes if axis in right.axes and axis not in cell.stage.axes)
        product = dot_product(cell.input_terms(left, free), cell.input_terms(right, free))
        return combine("sum", (*product.parts, *map(cell.input_term, bias))) if bias else product


@cache
def _split_axes(axes: Axes, left: Axes, right: Axes) -> tuple[Axes, Axes, Axes, Axes]:
    """The axes of a product: shared and kept, shared and summed over, the left's alone, the right's alone."""
    both = [axis for axis in left if axis in right]
    return (
        tuple(axis for axis in both if axis in axes),
        tuple(axis for axis in both if axis not in axes),
        tuple(axis for axis in left if axis not in both),
        tuple(axis for axis in right if axis not in both),
    )


@cache
def _order(axes: Axes, groups: tuple[Axes, ...]) -> tuple[list[int], bool]:
    """The order of the axes, group by group, and whether each group but the first is a single axis."""
    return [axes.index(axis) for group in groups for axis in group], all(len(group) == 1 for group in groups[1:])


def _grouped(operand: Operand, *groups: Axes) -> Numbers:
    """The numbers with their axes in groups: the first group kept as it is, each of the others merged into one axis."""
    order, single = _order(operand.axes, groups)
    numbers = operand.numbers.transpose(order)
    if single:
        return numbers
    lengths = iter(numbers.shape)
    shape = [[next(lengths) for _ in group] for group in groups]
    return numbers.reshape([*shape[0], *map(math.prod, shape[1:])])
