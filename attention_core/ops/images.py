"""Operations that images need: standardized pixels, a class token before the patches, and its row alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.ops.elementwise import Elementwise


@dataclass(frozen=True)
class Standardize(Elementwise):
    """Pixel values as the model was trained on them; the inputs are p, the mean and the standard deviation.

    result = (p / divisor - mean) / std
    """

    divisor: float

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        pixel, mean, std = (each.along(axes) for each in inputs)
        np.divide(pixel, out.dtype.type(self.divisor), out=out)
        out -= mean
        out /= std
        return out

    def term(self, cell: Cell) -> Term:
        pixel, mean, std = map(cell.part, cell.stage.inputs)
        if self.divisor != 1:
            # Both are whole numbers, and are written as such.
            over = Fraction(self.divisor) if self.divisor.is_integer() else self.divisor
            pixel = make("quotient", (replace(pixel, value=Fraction(pixel.value)), Term(over, "divisor")))
        return make("quotient", (make("difference", (pixel, mean)), std))


@dataclass(frozen=True)
class Prepend(Operation):
    """One row before others: the class token, then the patches.

    result[0] = first;  result[1 + i] = rest[i]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first, rest = inputs
        return np.concatenate([first.numbers[None], rest.numbers])

    def term(self, cell: Cell) -> Term:
        first, rest = cell.stage.inputs
        position = cell.index["position"]
        return cell.place(rest, {"patch": position - 1}).term() if position else make("sum", (cell.part(first),))


@dataclass(frozen=True)
class First(Operation):
    """The first row of several: what became of the class token."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers[0]

    def term(self, cell: Cell) -> Term:
        return cell.place(cell.stage.inputs[0], {"position": 0}).term()
