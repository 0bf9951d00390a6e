"""Operations on each number by itself, or with the number of another quantity at the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from attention_core.derivation import Op, Term, make
from attention_core.ops import ACTIVATIONS
from attention_core.positions import sinusoids, wavelengths
from attention_core.stages import Cell, Numbers, Operand, Operation, Rounding


class Elementwise(Operation):
    """An operation that may write its result in the place of any input."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        raise NotImplementedError

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first = inputs[0].along(axes)
        shape = np.broadcast_shapes(*(each.along(axes).shape for each in inputs))
        out = np.empty_like(first) if first.shape == shape else np.empty(shape, first.dtype)
        return self.compute_into(axes, inputs, out)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))


@dataclass(frozen=True)
class Add(Elementwise):
    """The sum of the inputs."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        rest = [each.along(axes) for each in inputs]
        if len(rest) > 2:
            # What stands in `out` has to be read before it is overwritten.
            rest.sort(key=lambda each: each is not out and not np.shares_memory(each, out))
        np.add(rest[0], rest[1], out=out)
        for each in rest[2:]:
            out += each
        return out

    def term(self, cell: Cell) -> Term:
        return make("sum", map(cell.whole, cell.stage.inputs))


@dataclass(frozen=True)
class Multiply(Elementwise):
    """The product of two quantities at the same place.

    offset: what is added to the second before
    """

    offset: float = 0.0

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        first, second = (each.along(axes) for each in inputs)
        if self.offset:
            second = second + out.dtype.type(self.offset)
        return np.multiply(first, second, out=out)

    def term(self, cell: Cell) -> Term:
        first, second = map(cell.part, cell.stage.inputs)
        return make("product", (first, make("sum", (second, Term(self.offset, "offset"))) if self.offset else second))


@dataclass(frozen=True)
class Times(Elementwise):
    """Each number times one that the configuration gives."""

    factor: float
    name: str

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.multiply(inputs[0].along(axes), out.dtype.type(self.factor), out=out)

    def term(self, cell: Cell) -> Term:
        return make("product", (cell.part(cell.stage.inputs[0]), Term(self.factor, self.name)))


@dataclass(frozen=True)
class Cap(Elementwise):
    """Each number brought softly below a cap.

    result = cap * tanh(x / cap)

    Source: Gemma Team 2024, https://arxiv.org/abs/2408.00118
    """

    cap: float

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        np.multiply(inputs[0].along(axes), out.dtype.type(1 / self.cap), out=out)
        np.tanh(out, out=out)
        out *= out.dtype.type(self.cap)
        return out

    def term(self, cell: Cell) -> Term:
        cap = Term(self.cap, "cap")
        inner = make("tanh", (make("quotient", (cell.whole(cell.stage.inputs[0]), cap)),))
        return make("product", (cap, inner))


@dataclass(frozen=True)
class Clamp(Elementwise):
    """Each number kept at or below a bound, and where `both` says so at or above its negative.

    result = min(x, bound), or max(min(x, bound), -bound)

    Source: OpenAI 2025, https://arxiv.org/abs/2508.10925
    """

    bound: float
    both: bool

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.clip(inputs[0].along(axes), -self.bound if self.both else -np.inf, self.bound, out=out)

    def term(self, cell: Cell) -> Term:
        made = make("min", (cell.whole(cell.stage.inputs[0]), Term(self.bound, "bound")))
        return make("max", (made, Term(-self.bound, "bound"))) if self.both else made


@dataclass(frozen=True)
class Activate(Elementwise):
    """A function of each number on its own."""

    name: Op

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        x = inputs[0].along(axes)
        if out is not x and not np.shares_memory(out, x):
            out[...] = x
        return ACTIVATIONS[self.name](out)

    def term(self, cell: Cell) -> Term:
        return make(self.name, (cell.part(cell.stage.inputs[0]),))


@dataclass(frozen=True)
class Bfloat16(Elementwise):
    """Each number as bfloat16 keeps it: the nearest of 8 significant binary digits, of two as near the even one."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        mantissa, exponent = np.frexp(inputs[0].along(axes))
        return np.ldexp(np.rint(mantissa * 256), exponent - 8, out=out)

    def term(self, cell: Cell) -> Term:
        return make("bfloat16", (cell.whole(cell.stage.inputs[0]),))


@dataclass(frozen=True)
class Turn(Elementwise):
    """The cosine or sine of an angle, times an amplitude that is 1 but for some long contexts."""

    name: Literal["cos", "sin"]
    amplitude: float = 1.0

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        (np.cos if self.name == "cos" else np.sin)(inputs[0].along(axes), out=out)
        if self.amplitude != 1:
            out *= out.dtype.type(self.amplitude)
        return out

    def term(self, cell: Cell) -> Term:
        made = make(self.name, (cell.part(cell.stage.inputs[0]),))
        return made if self.amplitude == 1 else make("product", (made, Term(self.amplitude, "amplitude")))


@dataclass(frozen=True)
class Sinusoid(Operation):
    """Sines of a place in the first half of the width, cosines in the second.

    result[m] = sin(place / wavelength[m]), then cos of the same

    width: how many there are for each place
    """

    width: int

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return sinusoids(inputs[0].numbers, self.width)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))

    def term(self, cell: Cell) -> Term:
        lengths, own = wavelengths(self.width), cell.index["model"]
        wavelength = Term(float(lengths[own % len(lengths)]), "wavelength")
        angle = make("quotient", (cell.part(cell.stage.inputs[0]), wavelength))
        return make("sin" if own < len(lengths) else "cos", (angle,))


@dataclass(frozen=True)
class Rotate(Operation):
    """Pairs of dimensions turned by an angle; the inputs are x and the cosines and sines of its angles.

    result[a] = x[a] * cos - x[b] * sin;  result[b] = x[b] * cos + x[a] * sin

    dim:         how many dimensions, the first ones, are turned; the others pass as they are
    interleaved: whether a and b are neighbours, or half of `dim` apart

    Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
    """

    dim: int
    interleaved: bool

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, cos, sin = inputs[0].numbers, *(each.along((*axes[:-1], "pair")) for each in inputs[1:])
        first, second = self._halves
        made = np.empty_like(x)
        made[..., self.dim :] = x[..., self.dim :]
        # A pair as a complex number a + b i, times cos + sin i.
        pairs = np.empty((*x.shape[:-1], self.dim // 2), np.result_type(x, np.complex64))
        pairs.real, pairs.imag = x[..., first], x[..., second]
        pairs *= cos + sin * pairs.dtype.type(1j)
        made[..., first], made[..., second] = pairs.real, pairs.imag
        return made

    @property
    def _halves(self) -> tuple[slice, slice]:
        if self.interleaved:
            return slice(0, self.dim, 2), slice(1, self.dim, 2)
        return slice(0, self.dim // 2), slice(self.dim // 2, self.dim)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return rounded(self.compute(axes, inputs))

    def term(self, cell: Cell) -> Term:
        x, cos, sin = cell.stage.inputs
        own = cell.index["dim"]
        if own >= self.dim:
            return make("sum", (cell.part(x),))
        half = self.dim // 2
        pair = own // 2 if self.interleaved else own % half
        later = own % 2 == 1 if self.interleaved else own >= half
        step = 1 if self.interleaved else half
        other = own - step if later else own + step
        turned = make("product", (cell.part(x), cell.part(cos, {"pair": pair})))
        crossed = make("product", (cell.part(x, {"dim": other}), cell.part(sin, {"pair": pair})))
        return make("sum" if later else "difference", (turned, crossed))
