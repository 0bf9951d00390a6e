"""The operations that a computation is declared with: each for whole arrays, by hand, and for one number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from attention_core.derivation import Op, Term, make
from attention_core.ops import ACTIVATIONS, layer_norm_, softmax_
from attention_core.stages import Cell, Numbers, Operand, Operation, Rounding, Weighing


@dataclass(frozen=True)
class Given(Operation):
    """A number that is not made from others: trained, or put in by a person."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        raise TypeError("A given number is not computed.")

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        return Term(cell.value(), note=cell.run.origin(cell.stage.name, cell.stage.layer))


@dataclass(frozen=True)
class Passed(Operation):
    """The same numbers under another name: what a layer finds is what the one before it left."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return inputs[0].numbers

    def term(self, cell: Cell) -> Term:
        return cell.place(cell.stage.inputs[0], {}).term()


@dataclass(frozen=True)
class Contract(Operation):
    """The sum of products over the axes that both inputs have and the result has not; then a bias.

    result[…] = sum over the shared axes of left[…] * right[…], + bias[…]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        left, right, *bias = inputs
        both = [axis for axis in left.axes if axis in right.axes]
        batch = [axis for axis in both if axis in axes]
        summed = [axis for axis in both if axis not in axes]
        rows = [axis for axis in left.axes if axis not in both]
        columns = [axis for axis in right.axes if axis not in both]
        made = np.matmul(_folded(left, batch, rows, summed), _folded(right, batch, summed, columns))
        sizes = dict(zip((*left.axes, *right.axes), (*left.numbers.shape, *right.numbers.shape), strict=True))
        found = (*batch, *rows, *columns)
        made = made.reshape([sizes[axis] for axis in found]).transpose([found.index(axis) for axis in axes])
        for each in bias:
            made += each.along(axes)
        return made

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


@dataclass(frozen=True)
class Scale(Operation):
    """Each number divided by a square root, and by a temperature where there is one.

    result = x / sqrt(root) / over
    """

    root: float | None = None
    over: float = 1.0

    @property
    def equation(self) -> str:
        """What it does, in words of the page."""
        return "q·k" + (" ÷ √d_head" if self.root else "") + (" ÷ temperature" if self.over != 1 else "")

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x = inputs[0].numbers
        return x * x.dtype.type(1 / (math.sqrt(self.root or 1) * self.over))

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        made = inputs[0].numbers
        if self.root:
            made = rounded(made / exact(float(rounded(np.sqrt(np.array(self.root))))))
        return made if self.over == 1 else rounded(made / exact(self.over))

    def term(self, cell: Cell) -> Term:
        made = cell.whole(cell.stage.inputs[0])
        if self.root:
            made = make("quotient", (made, make("sqrt", (Term(self.root, "d_head"),))))
        return made if self.over == 1 else make("quotient", (made, Term(self.over, "temperature")))


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
        return softmax_(np.array(inputs[0].numbers, order="C"))

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers.astype(np.float64)
        top = scores.max(axis=-1, keepdims=True)
        powers = rounded(np.exp(rounded(scores - np.where(np.isfinite(top), top, 0))))
        total = rounded(powers.sum(axis=-1, keepdims=True))
        return rounded(np.divide(powers, total, out=np.zeros_like(powers), where=total > 0))

    def term(self, cell: Cell) -> Term:
        own, row = chosen_and_row(cell)
        if own.value == -math.inf:
            return Term(0.0, note=own.note)
        top = make("max", row).named("max")
        here = Term(top.value, "max")
        total = make("sum", (make("exp", (make("difference", (each, here)),)) for each in row)).named("sum")
        return make("quotient", (make("exp", (make("difference", (own, top)),)), total))


def chosen_and_row(cell: Cell) -> tuple[Term, list[Term]]:
    """The score of the chosen key with its making, and those of all keys that are not masked.

    The tree of the chosen score hangs in the first only; in the row its value stands for it.
    """
    scores = cell.stage.inputs[0]
    row = (cell.part(scores, point) for point in cell.points(scores.axes[-1:], scores))
    return cell.whole(scores), [each for each in row if each.value > -math.inf]


@dataclass(frozen=True)
class Add(Operation):
    """The sum of the inputs."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        made = inputs[0].along(axes) + inputs[1].along(axes)
        for each in inputs[2:]:
            made += each.along(axes)
        return made

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))

    def term(self, cell: Cell) -> Term:
        return make("sum", map(cell.part, cell.stage.inputs))


@dataclass(frozen=True)
class LayerNorm(Operation):
    """Each row centred, brought to variance 1, stretched and shifted; the inputs are x, the weight and the bias.

    norm(x)[m] = (x[m] - mean) / sqrt(variance + eps) * weight[m] + bias[m]

    Source: Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450
    """

    eps: float
    reads_row: ClassVar[bool] = True

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, weight, bias = (each.numbers for each in inputs)
        return layer_norm_(x.copy(), weight, bias, self.eps)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        x, weight, bias = (each.numbers for each in inputs)
        centred = rounded(x - rounded(x.mean(axis=-1, keepdims=True)))
        variance = rounded(rounded(centred**2).mean(axis=-1, keepdims=True))
        spread = rounded(np.sqrt(rounded(variance + self.eps)))
        return rounded(rounded(rounded(centred / spread) * weight) + bias)

    def term(self, cell: Cell) -> Term:
        x, weight, bias = cell.stage.inputs
        row = [cell.part(x, point) for point in cell.points(x.axes[-1:], x)]
        width = Term(float(len(row)), "d_model")
        mean = make("quotient", (make("sum", row), width)).named("mean")
        centre = Term(mean.value, "mean")
        squares = (make("square", (make("difference", (each, centre)),)) for each in row)
        variance = make("quotient", (make("sum", squares), width)).named("variance")
        spread = make("sqrt", (make("sum", (variance, Term(self.eps, "eps"))),)).named("spread")
        centred = make("difference", (cell.whole(x), mean))
        scaled = make("product", (make("quotient", (centred, spread)), cell.part(weight)))
        return make("sum", (scaled, cell.part(bias)))


@dataclass(frozen=True)
class Activate(Operation):
    """A function of each number on its own."""

    name: Op

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return ACTIVATIONS[self.name](np.array(inputs[0].numbers, order="C"))

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))

    def term(self, cell: Cell) -> Term:
        return make(self.name, (cell.part(cell.stage.inputs[0]),))


def exact(number: float) -> Fraction | float:
    """A whole or short decimal number as a fraction, so that fractions divided by it stay exact."""
    short = Fraction(repr(float(number)))
    return short if short.denominator <= 1000 else number


def _folded(operand: Operand, *groups: list[str]) -> Numbers:
    """The numbers with their axes in groups: the first kept apart, each of the others made into one axis."""
    sizes = dict(zip(operand.axes, operand.numbers.shape, strict=True))
    order = operand.numbers.transpose([operand.axes.index(axis) for group in groups for axis in group])
    return order.reshape([*(sizes[a] for a in groups[0]), *(math.prod(sizes[a] for a in g) for g in groups[1:])])
