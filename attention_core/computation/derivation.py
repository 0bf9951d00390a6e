"""A derivation: a tree of named numbers that text, LaTeX, the pages and the tests are all generated from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

Op = Literal[
    "given", "sum", "product", "quotient", "difference", "exp", "sqrt", "square", "max", "min", "equal", "cos", "sin",
    "tanh", "gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "bfloat16",
]  # fmt: skip
Role = Literal["query", "key", "value", "plain"]
Value = float | Fraction


MAX_EXPONENT = 709.0  # e^709 is within float64's range, e^710 is not
TOLERANCE = 1e-9  # numbers closer than this count as equal


class Address(NamedTuple):
    """Identifies one number: the name of its quantity and its indices. Its `str` goes into the page's address."""

    quantity: str
    indices: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join([self.quantity, *map(str, self.indices)])

    @classmethod
    def parse(cls, text: str) -> Address | None:
        """The address that a text encodes, or None if it is not an address."""
        quantity, *indices = text.split(".")
        if not quantity.isidentifier() or not all(part.isascii() and part.isdigit() for part in indices):
            return None
        return cls(quantity, tuple(map(int, indices)))


@dataclass(frozen=True)
class Term:
    """A number, its name, and the numbers it was computed from.

    value: the number; for a term with parts, computed from them in float64, or exactly if they are fractions
    name:  a named term gets its own line; an unnamed one is written out inside the line it belongs to
    at:    the address that opens its own derivation
    note:  an explanation in words
    """

    value: Value
    name: str = ""
    op: Op = "given"
    parts: tuple[Term, ...] = ()
    at: Address | None = None
    role: Role = "plain"
    note: str = ""

    def named(self, name: str, *, at: Address | None = None, role: Role = "plain", note: str = "") -> Term:
        """The same term with a name."""
        return replace(self, name=name, at=at, role=role, note=note)


def exact_gelu(x: Value) -> float:
    """gelu(x) = x * Phi(x), in float64."""
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), in float64, without overflow."""
    return (1 + math.tanh(x / 2)) / 2


def bfloat16(x: float) -> float:
    """The nearest number with 8 significant binary digits; ties go to the even one."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(mantissa * 256), exponent - 8)


FLOAT64_ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "gelu": exact_gelu,
    "gelu_tanh": lambda x: x * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "silu": lambda x: x * sigmoid(x),
}


def combine(op: Op, parts: Iterable[Term]) -> Term:
    """An unnamed term that combines others: a sum, a product, a quotient, and so on."""
    parts = tuple(parts)
    return Term(apply(op, [part.value for part in parts]), op=op, parts=parts)


def apply(op: Op, values: list[Value]) -> Value:
    """The result of an operation on numbers: an exact fraction if inputs and result allow it, otherwise float64."""
    match op:
        case "sum":
            return sum(values) if all(isinstance(value, Fraction) for value in values) else math.fsum(values)
        case "product":
            return math.prod(values)
        case "quotient":
            return values[0] / values[1] if values[1] else math.nan  # a divisor rounded for display may be 0
        case "difference":
            return values[0] - values[1]
        case "exp":
            return math.exp(values[0]) if values[0] < MAX_EXPONENT else math.inf
        case "sqrt":
            return square_root(values[0])
        case "square":
            return values[0] ** 2
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "equal":
            return float(math.isclose(values[0], values[1], rel_tol=TOLERANCE, abs_tol=TOLERANCE))
        case "cos":
            return math.cos(values[0])
        case "sin":
            return math.sin(values[0])
        case "relu":
            return max(values[0], 0.0)
        case "tanh" | "gelu" | "gelu_tanh" | "quick_gelu" | "silu":
            return FLOAT64_ACTIVATIONS[op](float(values[0]))
        case "bfloat16":
            return bfloat16(float(values[0]))
        case "given":
            raise ValueError("A given number is not computed from others.")


def square_root(x: Value) -> Value:
    """The square root, as a fraction if it is rational."""
    if isinstance(x, Fraction):
        exact = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
        if exact * exact == x:
            return exact
    return math.sqrt(x)


def evaluate(term: Term, rounded: Callable[[Value], Value] = lambda value: value) -> Value:
    """The value of a term, recomputed from the given numbers at the leaves of its tree.

    rounded: applied to every intermediate result
    """
    return rounded(apply(term.op, [evaluate(part, rounded) for part in term.parts])) if term.parts else term.value


STEP_NAMES: dict[Op, str] = {"exp": "power", "sqrt": "root", "quotient": "score ÷ root"}


def round_steps(term: Term, rounded: Callable[[Value], Value]) -> Term:
    """The same tree as worked on paper: every result rounded, and a value rounded before a division in its own line."""
    parts = tuple(round_steps(part, rounded) for part in term.parts)
    if not parts:
        return term
    if term.op == "quotient":
        parts = tuple(
            part.named(STEP_NAMES[part.op]) if not part.name and part.op in STEP_NAMES else part for part in parts
        )
    return replace(term, parts=parts, value=rounded(apply(term.op, [part.value for part in parts])))


def dot_product(a: Iterable[Term], b: Iterable[Term]) -> Term:
    """The dot product of two rows of terms."""
    return combine("sum", (combine("product", pair) for pair in zip(a, b, strict=True)))


def named_steps(term: Term) -> Iterator[Term]:
    """The named terms of a tree that are computed from others, in order of computation."""
    for part in term.parts:
        yield from named_steps(part)
    if term.name and term.parts:
        yield term


def shorten_sums(term: Term, count: int) -> Term:
    """The same term with every long sum in its line cut to its `count` largest parts by magnitude, largest first.

    The rest of a sum becomes one given number, named "28 more". `count` is at least 1.
    """
    parts = tuple(part if part.name or not part.parts else shorten_sums(part, count) for part in term.parts)
    if term.op != "sum" or len(parts) <= count + 1:
        return term if parts == term.parts else replace(term, parts=parts)
    order = sorted(parts, key=lambda part: abs(float(part.value)), reverse=True)
    rest = Term(apply("sum", [part.value for part in order[count:]]), f"{len(order) - count} more")
    return replace(term, parts=(*order[:count], rest))
