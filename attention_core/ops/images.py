"""Operations for images: standardizing pixels, prepending the class token, and selecting its row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.ops.elementwise import Elementwise


@dataclass(frozen=True)
class Standardize(Elementwise):
    """Pixel values standardized as in training; the inputs are the pixel, the mean and the standard deviation.

    result = (pixel / divisor - mean) / std
    """

    divisor: float

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        pixel, mean, std = (each.aligned(axes) for each in inputs)
        np.divide(pixel, out.dtype.type(self.divisor), out=out)
        out -= mean
        out /= std
        return out

    def term(self, cell: Cell) -> Term:
        pixel, mean, std = map(cell.input_term, cell.stage.inputs)
        if self.divisor != 1:
            # A fraction is displayed without decimals, as the integers that both usually are.
            divisor = Fraction(self.divisor) if self.divisor.is_integer() else self.divisor
            pixel = combine("quotient", (replace(pixel, value=Fraction(pixel.value)), Term(divisor, "divisor")))
        return combine("quotient", (combine("difference", (pixel, mean)), std))


@dataclass(frozen=True)
class Prepend(Operation):
    """One row prepended to others: the class token, then the patches.

    result[0] = first;  result[1 + i] = rest[i]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first, rest = inputs
        return np.concatenate([first.numbers[None], rest.numbers])

    def term(self, cell: Cell) -> Term:
        first, rest = cell.stage.inputs
        position = cell.index["position"]
        if position == 0:
            return combine("sum", (cell.input_term(first),))
        return cell.input_cell(rest, {"patch": position - 1}).term()


@dataclass(frozen=True)
class FirstRow(Operation):
    """The first row: the contextual embedding of the class token."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers[0]

    def term(self, cell: Cell) -> Term:
        return cell.input_cell(cell.stage.inputs[0], {"position": 0}).term()
