"""Operations on each number by itself, or with the number of another quantity at the same place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding


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
class Bfloat16(Elementwise):
    """Each number as bfloat16 keeps it: the nearest of 8 significant binary digits, of two as near the even one."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        mantissa, exponent = np.frexp(inputs[0].along(axes))
        return np.ldexp(np.rint(mantissa * 256), exponent - 8, out=out)

    def term(self, cell: Cell) -> Term:
        return make("bfloat16", (cell.whole(cell.stage.inputs[0]),))
