"""Alternatives to the softmax, which show by comparison why the softmax is used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from attention_core.computation.arithmetic import TOLERANCE
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Rounding, Weighting
from attention_core.ops.softmax import score_terms


@dataclass(frozen=True)
class DivideBySum(Weighting):
    """Each score divided by the sum of its row.

    weight = score / sum over j of score[j]

    A masked key gets 0. Where the sum is 0 up to rounding errors, the weights are NaN, and the derivation says so.
    """

    reads_row: ClassVar[bool] = True
    equation: ClassVar[str] = "score ÷ sum of scores"

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return self.by_hand(axes, inputs, lambda numbers: numbers)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers
        zero: Any = Fraction(0) if scores.dtype == object else 0.0
        unmasked = np.where(scores == -math.inf, zero, scores)
        total = unmasked.sum(axis=-1, keepdims=True)
        undefined = vanishes(total, abs(unmasked).sum(axis=-1, keepdims=True))
        weights = np.where(undefined, math.nan, unmasked / np.where(undefined, 1, total))
        return rounded(np.where(scores == -math.inf, zero, weights))

    def term(self, cell: Cell) -> Term:
        own, row = score_terms(cell)
        if own.value == -math.inf:
            return Term(0.0, note=own.note)
        total = combine("sum", row).named("sum")
        if vanishes(total.value, sum(abs(each.value) for each in row if each.value != -math.inf)):
            return Term(math.nan, note="The scores of this row sum to 0, and division by 0 is undefined.")
        return combine("quotient", (own, total))


def vanishes(total: Any, size: Any) -> Any:
    """Whether a sum is 0 up to rounding errors: |sum| <= 1e-9 · sum of |terms|."""
    return abs(total) <= TOLERANCE * size


@dataclass(frozen=True)
class Argmax(Weighting):
    """Weight 1 for the largest score of the row, shared equally among ties.

    weight = [score = max] / sum over j of [score[j] = max]
    """

    reads_row: ClassVar[bool] = True
    equation: ClassVar[str] = "1 for the largest score, shared equally among ties; 0 for the others"

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return self.by_hand(axes, inputs, lambda numbers: numbers)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers
        top = scores.max(axis=-1, keepdims=True)
        # The same sum in another order may differ in its last digit, and still counts as a tie.
        near = np.isclose(scores.astype(np.float64), top.astype(np.float64), rtol=TOLERANCE, atol=TOLERANCE)
        largest = (near & (scores > -math.inf)).astype(np.float64)
        return rounded(largest / np.maximum(largest.sum(axis=-1, keepdims=True), 1))

    def term(self, cell: Cell) -> Term:
        own, row = score_terms(cell)
        if own.value == -math.inf:
            return Term(0.0, note=own.note)
        top = combine("max", row).named("max")
        maximum = Term(top.value, "max")
        ties = combine("sum", (combine("equal", (each, maximum)) for each in row)).named("ties")
        return combine("quotient", (combine("equal", (own, top)), ties))
