"""Norms: rows brought to a common size. The inputs are x, the weight and, where there is one, the bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Ref
from attention_core.ops.elementwise import Elementwise


def layer_norm(x: Array, weight: Array, bias: Array | None, eps: float, out: Array) -> Array:
    """Layer norm over the last axis, written into `out`, which may be x.

        norm(x) = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias

    x, out:       [..., position, d_model]; the variance is the mean squared deviation
    weight, bias: [d_model]; no bias is none

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
    """Each row centred, brought to variance 1, stretched and shifted.

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
        place = tuple(axes.index(axis) for axis in self.over)
        out -= out.mean(axis=place, keepdims=True)
        out *= 1 / np.sqrt((out * out).mean(axis=place, keepdims=True) + out.dtype.type(self.eps))
        out *= weight.along(axes)
        for each in bias:
            out += each.along(axes)
        return out

    def term(self, cell: Cell) -> Term:
        x, weight, *bias = cell.stage.inputs
        row, width = row_of(cell, x, self.over)
        mean = make("quotient", (make("sum", row), width)).named("mean")
        centre = Term(mean.value, "mean")
        squares = (make("square", (make("difference", (each, centre)),)) for each in row)
        variance = make("quotient", (make("sum", squares), width)).named("variance")
        spread = make("sqrt", (make("sum", (variance, Term(self.eps, "eps"))),)).named("spread")
        centred = make("difference", (cell.whole(x), mean))
        scaled = make("product", (make("quotient", (centred, spread)), cell.part(weight)))
        return make("sum", (scaled, cell.part(bias[0]))) if bias else scaled


@dataclass(frozen=True)
class RMSNorm(Elementwise):
    """Each row divided by its root mean square, and stretched.

    norm(x)[m] = x[m] / sqrt(mean of squares + eps) * (weight[m] + offset)

    over:   the axes that make up a row
    offset: what is added to the weight; Gemma stores it minus one

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """

    eps: float
    offset: float = 0.0
    over: tuple[str, ...] = ("model",)
    reads_row: ClassVar[bool] = True

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        x, weight = inputs
        stretch = weight.along(axes) + weight.numbers.dtype.type(self.offset) if self.offset else weight.along(axes)
        if axes[-1:] == self.over and len(weight.axes) == 1:
            return rms_norm(x.numbers, stretch, self.eps, out)
        out[...] = x.numbers
        place = tuple(axes.index(axis) for axis in self.over)
        out *= 1 / np.sqrt((out * out).mean(axis=place, keepdims=True) + out.dtype.type(self.eps))
        out *= stretch
        return out

    def term(self, cell: Cell) -> Term:
        x, weight = cell.stage.inputs
        row, width = row_of(cell, x, self.over)
        square = make("quotient", (make("sum", (make("square", (each,)) for each in row)), width)).named("mean square")
        size = make("sqrt", (make("sum", (square, Term(self.eps, "eps"))),)).named("size")
        stretch = cell.part(weight)
        if self.offset:
            stretch = make("sum", (stretch, Term(self.offset, "offset")))
        return make("product", (make("quotient", (cell.whole(x), size)), stretch))


def row_of(cell: Cell, x: Ref, over: tuple[str, ...]) -> tuple[list[Term], Term]:
    """The numbers of the row that a number is normed in, and how many they are."""
    row = [cell.part(x, point) for point in cell.points(over, x)]
    return row, Term(float(len(row)), "d_model" if over == ("model",) else "width")
