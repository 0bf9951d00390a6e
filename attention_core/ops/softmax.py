"""Softmax: kernels in float32, the operation, and the derivation of one weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Rounding, Weighting
from attention_core.ops.blocks import row_blocks

MIN_TOTAL: Final = 1e-9  # of a row's exponentials: weights of any significance are then normal float32 numbers


def softmax_(scores: Array, sinks: Array | None = None) -> Array:
    """Softmax over the last axis, in place.

        softmax(s)[j] = exp(s[j] - max(s)) / sum over j of exp(s[j] - max(s))

    The maximum only keeps the exponentials within float32's range, so it is subtracted only if they would leave it.

    scores:  [..., key], contiguous, -inf where masked
    sinks:   [head], for the first axis: an extra score in the sum of each row that belongs to no key
    returns: [..., key], rows that sum to 1, or to less with a sink; a row that consists only of -inf gives zeros
    """
    rows = scores.reshape(-1, scores.shape[-1])
    row_sinks = None if sinks is None else np.repeat(sinks, len(rows) // sinks.size)[:, None]
    for each in row_blocks(*rows.shape):
        block, sink = rows[each], None if row_sinks is None else row_sinks[each]
        with np.errstate(over="ignore"):
            exponentials, total = exponentials_and_sum(block, sink)
        if not (total.min() > MIN_TOTAL and total.max() < np.inf):
            maximum = block.max(axis=-1, keepdims=True)
            if sink is not None:
                np.maximum(maximum, sink, out=maximum)
                sink = sink - maximum
            np.copyto(maximum, 0, where=np.isneginf(maximum))
            exponentials, total = exponentials_and_sum(block - maximum, sink)
            np.copyto(total, 1, where=total == 0)
        np.divide(exponentials, total, out=block)
    return scores


def exponentials_and_sum(scores: Array, sink: Array | None) -> tuple[Array, Array]:
    """The exponentials of the scores [row, key], and their sum over each row and its sink [row, 1]."""
    exponentials = np.exp(scores)
    total = np.einsum("rk->r", exponentials)[:, None]
    return exponentials, total if sink is None else total + np.exp(sink)


@dataclass(frozen=True)
class Softmax(Weighting):
    """Scores turned into positive weights that sum to 1 over the last axis.

    weight = e^(score - max) / sum over j of e^(score[j] - max)

    A masked key has score -inf, is not in the sum, and gets weight 0; if all keys are masked, all weights are 0.
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
        maximum = scores.max(axis=-1, keepdims=True)
        exponentials = rounded(np.exp(rounded(scores - np.where(np.isfinite(maximum), maximum, 0))))
        total = rounded(exponentials.sum(axis=-1, keepdims=True))
        return rounded(np.divide(exponentials, total, out=np.zeros_like(exponentials), where=total > 0))

    def term(self, cell: Cell) -> Term:
        return softmax_term(*score_terms(cell))


@dataclass(frozen=True)
class SinkSoftmax(Softmax):
    """A softmax with an attention sink: one trained score per head in the sum that belongs to no key.

        weight = e^(score - max) / (e^(sink - max) + sum over j of e^(score[j] - max))

    The maximum is over the scores and the sink. The sink's share is discarded, so a row sums to less than 1.

    Source: Xiao et al. 2023, https://arxiv.org/abs/2309.17453; OpenAI 2025, https://arxiv.org/abs/2508.10925
    """

    equation: ClassVar[str] = "e^(score − max) ÷ (e^(sink − max) + sum of e^(score − max))"

    def term(self, cell: Cell) -> Term:
        score, row = score_terms(cell)
        return softmax_term(score, [*row, cell.input_term(cell.stage.inputs[1])])


def softmax_term(score: Term, row: list[Term]) -> Term:
    """The exponential of one score over the sum of the row's exponentials."""
    if score.value == -math.inf:
        return Term(0.0, note=score.note)
    maximum = combine("max", row).named("max")
    max_leaf = Term(maximum.value, "max")
    total = combine("sum", (combine("exp", (combine("difference", (each, max_leaf)),)) for each in row)).named("sum")
    return combine("quotient", (combine("exp", (combine("difference", (score, maximum)),)), total))


def score_terms(cell: Cell) -> tuple[Term, list[Term]]:
    """The score of the key with its derivation, and the scores of all keys that are not masked, as leaves."""
    scores = cell.stage.inputs[0]
    row = cell.input_terms(scores, scores.axes[-1:])
    return cell.inlined_input(scores), [each for each in row if each.value > -math.inf]
