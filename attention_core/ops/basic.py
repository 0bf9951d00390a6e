"""The operations that a computation is declared with: each for whole arrays, by hand, and for one number.

Products are in `products.py`, what is done to each number alone in `elementwise.py`, norms in `norms.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from attention_core.computation.derivation import Term, Value, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding


@dataclass(frozen=True)
class Given(Operation):
    """A number that is not made from others: trained, or put in by a person.

    why: where it comes from, in words; nothing for a trained number
    """

    why: str = ""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        raise TypeError("A given number is not computed.")

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        origin = cell.run.origin(cell.stage.name, cell.stage.layer)
        # Where each expert or head has a tensor of its own, the number stands in one of them.
        for axis, index in cell.index.items():
            origin = origin.replace(f"{{{axis}}}", str(index))
        return Term(cell.value(), note=origin)


@dataclass(frozen=True)
class Passed(Operation):
    """The same numbers under another name: what a layer finds is what the one before it left."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].along(axes)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return inputs[0].along(axes)

    def term(self, cell: Cell) -> Term:
        return cell.place(cell.stage.inputs[0], {}).term()


@dataclass(frozen=True)
class Scale(Operation):
    """Each number divided by a square root, and by a temperature where there is one.

    result = x / sqrt(root) / over

    of, by: what the number under the root and the other divisor are called
    """

    root: float | None = None
    over: float = 1.0
    of: str = "d_head"
    by: str = "temperature"

    @property
    def equation(self) -> str:
        """What it does, in words of the page."""
        return "q·k" + (f" ÷ √{self.of}" if self.root else "") + (f" ÷ {self.by}" if self.over != 1 else "")

    @property
    def factor(self) -> float:
        """What it multiplies by, all in all."""
        return 1 / (math.sqrt(self.root or 1) * self.over)

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x = inputs[0].numbers
        return x * x.dtype.type(self.factor)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        made = inputs[0].numbers
        if self.root:
            made = rounded(made / like(made.flat[0], float(rounded(np.sqrt(np.array(self.root))))))
        return made if self.over == 1 else rounded(made / like(made.flat[0], self.over))

    def term(self, cell: Cell) -> Term:
        made = cell.whole(cell.stage.inputs[0])
        root, over = (like(made.value, x) for x in (self.root or 0.0, self.over))
        if self.root:
            made = make("quotient", (made, make("sqrt", (Term(root, self.of),))))
        return made if self.over == 1 else make("quotient", (made, Term(over, self.by)))


@dataclass(frozen=True)
class Mask(Operation):
    """The scores where the query may look, elsewhere -inf."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        scores, allowed = inputs
        return np.where(allowed.along(axes), scores.numbers, scores.numbers.dtype.type(-np.inf))

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores, allowed = inputs
        return np.where(allowed.along(axes), scores.numbers, -np.inf)

    def term(self, cell: Cell) -> Term:
        scores = cell.stage.inputs[0]
        if cell.value() == -math.inf:
            return Term(-math.inf, note="This key is masked: its score is −∞, and its weight is 0.")
        return cell.place(scores, {}).term()


def like(number: Value, value: float) -> Value:
    """A whole or short decimal number as a fraction where the number it is to divide is one, so that it stays exact."""
    short = Fraction(repr(float(value)))
    return short if isinstance(number, Fraction) and short.denominator <= 1000 else value
