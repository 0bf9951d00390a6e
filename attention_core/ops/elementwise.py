"""Operations on each number by itself, or with the number of another quantity at the same place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from attention_core.computation.derivation import Term, Value, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding


class Elementwise(Operation):
    """An operation that writes its result into an array: a new one, or that of its first input."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first = inputs[0].along(axes)
        shape = np.broadcast_shapes(*(each.along(axes).shape for each in inputs))
        out = np.empty_like(first) if first.shape == shape else np.empty(shape, first.dtype)
        return self.compute_into(axes, inputs, out)



@dataclass(frozen=True)
class Add(Elementwise):
    """The sum of the inputs."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        first, second, *rest = (each.along(axes) for each in inputs)
        np.add(first, second, out=out)
        for each in rest:
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
class MultiplyBy(Elementwise):
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


@dataclass(frozen=True)
class Scale(Elementwise):
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

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.multiply(inputs[0].along(axes), out.dtype.type(self.factor), out=out)

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
class ApplyMask(Elementwise):
    """The scores where the query may look, elsewhere -inf."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        scores, allowed = inputs[0].along(axes), inputs[1]
        if out is not scores:
            out[...] = scores
        np.copyto(out, -np.inf, where=Operand(~allowed.numbers, allowed.axes).along(axes))
        return out

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores, allowed = inputs
        return np.where(allowed.along(axes), scores.numbers, -np.inf)

    def term(self, cell: Cell) -> Term:
        scores = cell.stage.inputs[0]
        if cell.value() == -math.inf:
            return Term(-math.inf, note="This key is masked: its score is −∞, and its weight is 0.")
        return cell.place(scores, {}).term()


def like(number: Value, value: float) -> Value:
    """A whole or short decimal number as a fraction where the number it is to divide is one, so that it stays exact."""
    short = Fraction(repr(float(value)))
    return short if isinstance(number, Fraction) and short.denominator <= 1000 else value
