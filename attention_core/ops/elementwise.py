"""Elementwise operations on one or more quantities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from attention_core.computation.arithmetic import Value
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Operation, Rounding


class Elementwise(Operation):
    """An operation that can write its result into an array: a new one, or its first input's."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first = inputs[0].aligned(axes)
        shape = np.broadcast_shapes(*(each.aligned(axes).shape for each in inputs))
        out = np.empty_like(first) if first.shape == shape else np.empty(shape, first.dtype)
        return self.compute_into(axes, inputs, out)


@dataclass(frozen=True)
class Add(Elementwise):
    """The sum of the inputs."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        first, second, *rest = (each.aligned(axes) for each in inputs)
        np.add(first, second, out=out)
        for each in rest:
            out += each
        return out

    def term(self, cell: Cell) -> Term:
        return combine("sum", map(cell.inlined_input, cell.stage.inputs))


@dataclass(frozen=True)
class Multiply(Elementwise):
    """The elementwise product of two quantities.

    result = x * (y + offset)
    """

    offset: float = 0.0

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        first, second = (each.aligned(axes) for each in inputs)
        if self.offset:
            second = second + out.dtype.type(self.offset)
        return np.multiply(first, second, out=out)

    def term(self, cell: Cell) -> Term:
        first, second = map(cell.input_term, cell.stage.inputs)
        if self.offset:
            second = combine("sum", (second, Term(self.offset, "offset")))
        return combine("product", (first, second))


@dataclass(frozen=True)
class MultiplyByConstant(Elementwise):
    """Each number times a constant from the configuration."""

    factor: float
    name: str

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.multiply(inputs[0].aligned(axes), out.dtype.type(self.factor), out=out)

    def term(self, cell: Cell) -> Term:
        return combine("product", (cell.input_term(cell.stage.inputs[0]), Term(self.factor, self.name)))


@dataclass(frozen=True)
class SoftCap(Elementwise):
    """Each number soft-capped to between -cap and cap.

    result = cap * tanh(x / cap)

    Source: Gemma Team 2024, https://arxiv.org/abs/2408.00118
    """

    cap: float

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        np.multiply(inputs[0].aligned(axes), out.dtype.type(1 / self.cap), out=out)
        np.tanh(out, out=out)
        out *= out.dtype.type(self.cap)
        return out

    def term(self, cell: Cell) -> Term:
        cap = Term(self.cap, "cap")
        inner = combine("tanh", (combine("quotient", (cell.inlined_input(cell.stage.inputs[0]), cap)),))
        return combine("product", (cap, inner))


@dataclass(frozen=True)
class Clamp(Elementwise):
    """Each number clamped to at most a bound and, if symmetric, to at least its negative.

    result = min(x, bound), or max(min(x, bound), -bound) if symmetric

    Source: OpenAI 2025, https://arxiv.org/abs/2508.10925
    """

    bound: float
    symmetric: bool

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.clip(inputs[0].aligned(axes), -self.bound if self.symmetric else -np.inf, self.bound, out=out)

    def term(self, cell: Cell) -> Term:
        upper = combine("min", (cell.inlined_input(cell.stage.inputs[0]), Term(self.bound, "bound")))
        return combine("max", (upper, Term(-self.bound, "bound"))) if self.symmetric else upper


@dataclass(frozen=True)
class Bfloat16(Elementwise):
    """Each number rounded to bfloat16: to 8 significant binary digits, with ties to even."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        mantissa, exponent = np.frexp(inputs[0].aligned(axes))
        return np.ldexp(np.rint(mantissa * 256), exponent - 8, out=out)

    def term(self, cell: Cell) -> Term:
        return combine("bfloat16", (cell.inlined_input(cell.stage.inputs[0]),))


@dataclass(frozen=True)
class Scale(Elementwise):
    """Each number divided by a square root and by another divisor, such as a temperature.

    result = x / sqrt(root) / divisor

    root_name, divisor_name: the names of these numbers in a line
    """

    root: float | None = None
    divisor: float = 1.0
    root_name: str = "d_head"
    divisor_name: str = "temperature"

    @property
    def equation(self) -> str:
        """The equation shown on a page."""
        divisor = f" ÷ {self.divisor_name}" if self.divisor != 1 else ""
        return "q·k" + (f" ÷ √{self.root_name}" if self.root else "") + divisor

    @property
    def factor(self) -> float:
        """The factor that both divisions amount to."""
        return 1 / (math.sqrt(self.root or 1) * self.divisor)

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        return np.multiply(inputs[0].aligned(axes), out.dtype.type(self.factor), out=out)

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scaled = inputs[0].numbers
        if self.root:
            scaled = rounded(scaled / matching_type(scaled.flat[0], float(rounded(np.sqrt(np.array(self.root))))))
        return scaled if self.divisor == 1 else rounded(scaled / matching_type(scaled.flat[0], self.divisor))

    def term(self, cell: Cell) -> Term:
        scaled = cell.inlined_input(cell.stage.inputs[0])
        root, divisor = (matching_type(scaled.value, x) for x in (self.root or 0.0, self.divisor))
        if self.root:
            scaled = combine("quotient", (scaled, combine("sqrt", (Term(root, self.root_name),))))
        return scaled if self.divisor == 1 else combine("quotient", (scaled, Term(divisor, self.divisor_name)))


@dataclass(frozen=True)
class ApplyMask(Elementwise):
    """The scores where the query may attend to the key, elsewhere -inf."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        scores, allowed = inputs[0].aligned(axes), inputs[1]
        if out is not scores:
            out[...] = scores
        np.copyto(out, -np.inf, where=Operand(~allowed.numbers, allowed.axes).aligned(axes))
        return out

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        scores, allowed = inputs
        return np.where(allowed.aligned(axes), scores.numbers, -np.inf)

    def term(self, cell: Cell) -> Term:
        scores = cell.stage.inputs[0]
        if cell.value() == -math.inf:
            return Term(-math.inf, note="This key is masked: its score is −∞, and its weight is 0.")
        return cell.input_cell(scores, {}).term()


def matching_type(number: Value, value: float) -> Value:
    """The value as a fraction if the number it divides is one and the value is a short decimal; else unchanged."""
    short = Fraction(repr(float(value)))
    return short if isinstance(number, Fraction) and short.denominator <= 1000 else value
