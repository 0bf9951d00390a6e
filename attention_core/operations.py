"""The operations that a computation is declared with: each for whole arrays, by hand, and for one number.

Products are in `products.py`, what is done to each number alone in `elementwise.py`, norms in `norms.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from attention_core.derivation import Term, Value, make
from attention_core.ops import softmax_
from attention_core.stages import Cell, Numbers, Operand, Operation, Rounding, Weighing


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


@dataclass(frozen=True)
class Softmax(Weighing):
    """Scores made into weights that are positive and sum to 1 over the last axis.

    weight = e^(score - max) / sum over j of e^(score[j] - max)

    A masked key has the score -inf, is not in the sum, and gets the weight 0; where all are masked, all get 0.
    """

    reads_row: ClassVar[bool] = True
    equation: ClassVar[str] = "e^(score − max) ÷ sum of e^(score − max)"

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return softmax_(np.array(inputs[0].numbers, order="C"), *(each.numbers for each in inputs[1:]))

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        if out is not inputs[0].numbers:
            out[...] = inputs[0].numbers
        return softmax_(out, *(each.numbers for each in inputs[1:]))

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers.astype(np.float64)
        top = scores.max(axis=-1, keepdims=True)
        powers = rounded(np.exp(rounded(scores - np.where(np.isfinite(top), top, 0))))
        total = rounded(powers.sum(axis=-1, keepdims=True))
        return rounded(np.divide(powers, total, out=np.zeros_like(powers), where=total > 0))

    def term(self, cell: Cell) -> Term:
        return own_share(*chosen_and_row(cell))


def own_share(own: Term, row: list[Term]) -> Term:
    """The power of one score over the sum of those of a row."""
    if own.value == -math.inf:
        return Term(0.0, note=own.note)
    top = make("max", row).named("max")
    here = Term(top.value, "max")
    total = make("sum", (make("exp", (make("difference", (each, here)),)) for each in row)).named("sum")
    return make("quotient", (make("exp", (make("difference", (own, top)),)), total))


@dataclass(frozen=True)
class SinkSoftmax(Softmax):
    """A softmax with one more score in its sum, trained and the same for every query of a head, which no key has.

        weight = e^(score - max) / (e^(sink - max) + sum over j of e^(score[j] - max))

    The maximum is that of the scores and the sink. What the sink takes goes nowhere: a row sums to less than 1.

    Source: Xiao et al. 2023, https://arxiv.org/abs/2309.17453; OpenAI 2025, https://arxiv.org/abs/2508.10925
    """

    equation: ClassVar[str] = "e^(score − max) ÷ (e^(sink − max) + sum of e^(score − max))"

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        sinks = np.broadcast_to(inputs[1].along(axes), (*inputs[0].numbers.shape[:-1], 1))
        beside = np.concatenate([inputs[0].numbers, sinks], axis=-1)
        return super().by_hand(axes, [Operand(beside, axes)], rounded)[..., :-1]

    def term(self, cell: Cell) -> Term:
        own, row = chosen_and_row(cell)
        return own_share(own, [*row, cell.part(cell.stage.inputs[1])])


def chosen_and_row(cell: Cell) -> tuple[Term, list[Term]]:
    """The score of the chosen key with its making, and those of all keys that are not masked.

    The tree of the chosen score hangs in the first only; in the row its value stands for it.
    """
    scores = cell.stage.inputs[0]
    row = (cell.part(scores, point) for point in cell.points(scores.axes[-1:], scores))
    return cell.whole(scores), [each for each in row if each.value > -math.inf]


def like(number: Value, value: float) -> Value:
    """A whole or short decimal number as a fraction where the number it is to divide is one, so that it stays exact."""
    short = Fraction(repr(float(value)))
    return short if isinstance(number, Fraction) and short.denominator <= 1000 else value
