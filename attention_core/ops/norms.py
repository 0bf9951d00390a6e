"""Layer norm and RMS norm. The inputs are x, the weight and, optionally, the bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Ref
from attention_core.ops.elementwise import Elementwise


def layer_norm(x: Array, weight: Array, bias: Array | None, eps: float, out: Array) -> Array:
    """Layer norm over the last axis, written into `out`, which may be x.

        norm(x) = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias

    x, out:       [..., position, d_model]; the variance is the mean squared deviation
    weight, bias: [d_model]; the bias may be None

    Source: Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450
    """
    width = np.float32(x.shape[-1])
    np.subtract(x, np.vecdot(x, np.full(x.shape[-1], 1 / width))[..., None], out=out)
    variance = np.vecdot(out, out) / width
    out *= (1 / np.sqrt(variance + np.float32(eps)))[..., None]
    out *= weight
    if bias is not None:
        out += bias
    return out


def rms_norm(x: Array, weight: Array, eps: float, out: Array) -> Array:
    """Root-mean-square norm over the last axis, written into `out`, which may be x.

        norm(x) = x / sqrt(mean(x * x) + eps) * weight

    x, out: [..., position, d_model]
    weight: [d_model]

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    size = np.vecdot(x, x) / x.dtype.type(x.shape[-1])
    np.multiply(x, (1 / np.sqrt(size + x.dtype.type(eps)))[..., None], out=out)
    out *= weight
    return out


@dataclass(frozen=True)
class LayerNorm(Elementwise):
    """Layer norm: each row normalized to mean 0 and variance 1, then scaled and shifted.

    norm(x)[m] = (x[m] - mean) / sqrt(variance + eps) * weight[m] + bias[m]

    over: the axes that make up a row

    Source: Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450
    """

    eps: float
    over: tuple[str, ...] = ("model",)
    reads_row: ClassVar[bool] = True

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        x, weight, *bias = inputs
        if axes[-1:] == self.over and len(weight.axes) == 1:
            return layer_norm(x.numbers, weight.numbers, bias[0].numbers if bias else None, self.eps, out)
        out[...] = x.numbers
        row_axes = tuple(axes.index(axis) for axis in self.over)
        out -= out.mean(axis=row_axes, keepdims=True)
        out *= 1 / np.sqrt((out * out).mean(axis=row_axes, keepdims=True) + out.dtype.type(self.eps))
        out *= weight.aligned(axes)
        for each in bias:
            out += each.aligned(axes)
        return out

    def term(self, cell: Cell) -> Term:
        x, weight, *bias = cell.stage.inputs
        row, width = normed_row(cell, x, self.over)
        mean = combine("quotient", (combine("sum", row), width)).named("mean")
        mean_leaf = Term(mean.value, "mean")
        squares = (combine("square", (combine("difference", (each, mean_leaf)),)) for each in row)
        variance = combine("quotient", (combine("sum", squares), width)).named("variance")
        std = combine("sqrt", (combine("sum", (variance, Term(self.eps, "eps"))),)).named("standard deviation")
        centered = combine("difference", (cell.inlined_input(x), mean))
        scaled = combine("product", (combine("quotient", (centered, std)), cell.input_term(weight)))
        return combine("sum", (scaled, cell.input_term(bias[0]))) if bias else scaled


@dataclass(frozen=True)
class RMSNorm(Elementwise):
    """RMS norm: each row divided by its root mean square, then scaled.

    norm(x)[m] = x[m] / sqrt(mean of squares + eps) * (weight[m] + offset)

    over:   the axes that make up a row
    offset: added to the weight; Gemma stores its weights minus one

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """

    eps: float
    offset: float = 0.0
    over: tuple[str, ...] = ("model",)
    reads_row: ClassVar[bool] = True

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        x, weight = inputs
        gain = weight.aligned(axes) + weight.numbers.dtype.type(self.offset) if self.offset else weight.aligned(axes)
        if axes[-1:] == self.over and len(weight.axes) == 1:
            return rms_norm(x.numbers, gain, self.eps, out)
        out[...] = x.numbers
        row_axes = tuple(axes.index(axis) for axis in self.over)
        out *= 1 / np.sqrt((out * out).mean(axis=row_axes, keepdims=True) + out.dtype.type(self.eps))
        out *= gain
        return out

    def term(self, cell: Cell) -> Term:
        x, weight = cell.stage.inputs
        row, width = normed_row(cell, x, self.over)
        squares = combine("sum", (combine("square", (each,)) for each in row))
        mean_square = combine("quotient", (squares, width)).named("mean square")
        rms = combine("sqrt", (combine("sum", (mean_square, Term(self.eps, "eps"))),)).named("root mean square")
        gain = cell.input_term(weight)
        if self.offset:
            gain = combine("sum", (gain, Term(self.offset, "offset")))
        return combine("product", (combine("quotient", (cell.inlined_input(x), rms)), gain))


def normed_row(cell: Cell, x: Ref, over: tuple[str, ...]) -> tuple[list[Term], Term]:
    """The numbers of the row that a number is normalized in, and its width."""
    row = cell.input_terms(x, over)
    return row, Term(float(len(row)), "d_model" if over == ("model",) else "width")
