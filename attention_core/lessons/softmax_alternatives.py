"""What a class proposes in place of the softmax, so that it can see why the softmax is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from attention_core.computation.derivation import TOLERANCE, Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Rounding, Weighting
from attention_core.ops.softmax import score_terms


@dataclass(frozen=True)
class DivideBySum(Weighting):
    """Plain normalization: each score's share of the sum of its row.

    weight = score / sum over j of score[j]

    A masked key gets 0. Where the sum is 0, but for what binary numbers leave over of it, there is no share:
    the weights are NaN, and the derivation says so.
    """

    reads_row: ClassVar[bool] = True
    equation: ClassVar[str] = "score ÷ sum of scores"

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return self.by_hand(axes, inputs, lambda numbers: numbers)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers
        nothing: Any = Fraction(0) if scores.dtype == object else 0.0
        left = np.where(scores == -math.inf, nothing, scores)
        total = left.sum(axis=-1, keepdims=True)
        empty = vanishes(total, abs(left).sum(axis=-1, keepdims=True))
        shares = np.where(empty, math.nan, left / np.where(empty, 1, total))
        return rounded(np.where(scores == -math.inf, nothing, shares))

    def term(self, cell: Cell) -> Term:
        own, row = score_terms(cell)
        if own.value == -math.inf:
            return Term(0.0, note=own.note)
        total = combine("sum", row).named("sum")
        if vanishes(total.value, sum(abs(each.value) for each in row if each.value != -math.inf)):
            return Term(math.nan, note="The scores of this row sum to 0, and nothing can be divided by 0.")
        return combine("quotient", (own, total))


def vanishes(total: Any, size: Any) -> Any:
    """Whether a sum is 0 for a person: |sum| is at most 1e-9 of the sum of its terms' sizes."""
    return abs(total) <= TOLERANCE * size


@dataclass(frozen=True)
class Argmax(Weighting):
    """All to the largest score of the row; equal ones share.

    weight = [score = max] / sum over j of [score[j] = max]
    """

    reads_row: ClassVar[bool] = True
    equation: ClassVar[str] = "1 for the largest score, shared among equals; 0 for the others"

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return self.by_hand(axes, inputs, lambda numbers: numbers)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores = inputs[0].numbers
        top = scores.max(axis=-1, keepdims=True)
        # The same sum in another order may differ in its last digit, and is still the same for a person.
        near = np.isclose(scores.astype(np.float64), top.astype(np.float64), rtol=TOLERANCE, atol=TOLERANCE)
        first = (near & (scores > -math.inf)).astype(np.float64)
        return rounded(first / np.maximum(first.sum(axis=-1, keepdims=True), 1))

    def term(self, cell: Cell) -> Term:
        own, row = score_terms(cell)
        if own.value == -math.inf:
            return Term(0.0, note=own.note)
        top = combine("max", row).named("max")
        here = Term(top.value, "max")
        ties = combine("sum", (combine("equal", (each, here)) for each in row)).named("how many")
        return combine("quotient", (combine("equal", (own, top)), ties))
