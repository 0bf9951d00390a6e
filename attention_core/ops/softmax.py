"""Softmax: kernels in float32, the operation, and how one weight is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Rounding, Weighing
from attention_core.ops.blocks import row_blocks

LEAST_TOTAL: Final = 1e-9  # of a row's powers: a weight of any note is then a normal float32 number


def softmax_(scores: Array, sinks: Array | None = None) -> Array:
    """Softmax over the last axis, in place.

        softmax(s)[j] = exp(s[j] - max(s)) / sum over j of exp(s[j] - max(s))

    The maximum only keeps the powers within float32's range, so it is taken only where they would leave it.

    scores:  [..., key], contiguous, -inf where masked
    sinks:   [head], of the first axis: one more score in the sum of each row, which no key has
    returns: [..., key], rows that sum to 1, or with a sink to less; a row of nothing but -inf gives zeros
    """
    rows = scores.reshape(-1, scores.shape[-1])
    beside = None if sinks is None else np.repeat(sinks, len(rows) // sinks.size)[:, None]
    for each in row_blocks(*rows.shape):
        block, sink = rows[each], None if beside is None else beside[each]
        with np.errstate(over="ignore"):
            powers, total = powers_and_total(block, sink)
        if not (total.min() > LEAST_TOTAL and total.max() < np.inf):
            top = block.max(axis=-1, keepdims=True)
            if sink is not None:
                np.maximum(top, sink, out=top)
                sink = sink - top
            np.copyto(top, 0, where=np.isneginf(top))
            powers, total = powers_and_total(block - top, sink)
            np.copyto(total, 1, where=total == 0)
        np.divide(powers, total, out=block)
    return scores


def powers_and_total(scores: Array, sink: Array | None) -> tuple[Array, Array]:
    """e to the scores [row, key], and the sum of each row and its sink [row, 1]."""
    powers = np.exp(scores)
    total = np.einsum("rk->r", powers)[:, None]
    return powers, total if sink is None else total + np.exp(sink)


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
        return softmax_term(*score_and_row(cell))


@dataclass(frozen=True)
class SinkSoftmax(Softmax):
    """A softmax with one more score in its sum, trained and the same for every query of a head, which no key has.

        weight = e^(score - max) / (e^(sink - max) + sum over j of e^(score[j] - max))

    The maximum is that of the scores and the sink. What the sink takes goes nowhere: a row sums to less than 1.

    Source: Xiao et al. 2023, https://arxiv.org/abs/2309.17453; OpenAI 2025, https://arxiv.org/abs/2508.10925
    """

    equation: ClassVar[str] = "e^(score − max) ÷ (e^(sink − max) + sum of e^(score − max))"

    def term(self, cell: Cell) -> Term:
        own, row = score_and_row(cell)
        return softmax_term(own, [*row, cell.part(cell.stage.inputs[1])])


def softmax_term(own: Term, row: list[Term]) -> Term:
    """The power of one score over the sum of those of a row."""
    if own.value == -math.inf:
        return Term(0.0, note=own.note)
    top = make("max", row).named("max")
    here = Term(top.value, "max")
    total = make("sum", (make("exp", (make("difference", (each, here)),)) for each in row)).named("sum")
    return make("quotient", (make("exp", (make("difference", (own, top)),)), total))


def score_and_row(cell: Cell) -> tuple[Term, list[Term]]:
    """The score of the chosen key with its making, and those of all keys that are not masked.

    The tree of the chosen score hangs in the first only; in the row its value stands for it.
    """
    scores = cell.stage.inputs[0]
    row = (cell.part(scores, point) for point in cell.points(scores.axes[-1:], scores))
    return cell.whole(scores), [each for each in row if each.value > -math.inf]
