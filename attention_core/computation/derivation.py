"""A derivation: a tree of named numbers, from which text, LaTeX, a page and tests are all made."""

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


EXP_REACH = 709.0  # e^709 is the last that float64 holds
CLOSE = 1e-9  # numbers as near as that are equal for a person


class Address(NamedTuple):
    """Which number this is: the name of a quantity and its indices. `str` of it goes into the page's address."""

    quantity: str
    indices: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join([self.quantity, *map(str, self.indices)])

    @classmethod
    def parse(cls, text: str) -> Address | None:
        """The address that a text stands for, or None when it stands for none."""
        quantity, *indices = text.split(".")
        if not quantity.isidentifier() or not all(part.isascii() and part.isdigit() for part in indices):
            return None
        return cls(quantity, tuple(map(int, indices)))


@dataclass(frozen=True)
class Term:
    """A number, its name, and the numbers that it was made from.

    value: the number itself; of anything that has parts, what these give in float64 or, of fractions, exactly
    name:  a named term has a line of its own; a nameless one is written out inside the line it belongs to
    at:    the address under which its own making can be opened
    note:  what there is to say of it in words
    """

    value: Value
    name: str = ""
    op: Op = "given"
    parts: tuple[Term, ...] = ()
    at: Address | None = None
    role: Role = "plain"
    note: str = ""

    def named(self, name: str, *, at: Address | None = None, role: Role = "plain", note: str = "") -> Term:
        """The same term under a name."""
        return replace(self, name=name, at=at, role=role, note=note)


def gelu(x: Value) -> float:
    """gelu(x) = x * Phi(x), in float64."""
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), in float64, without overflow."""
    return (1 + math.tanh(x / 2)) / 2


def bfloat16(x: float) -> float:
    """The nearest number of 8 significant binary digits, of two as near the even one."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(mantissa * 256), exponent - 8)


FLOAT64_ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "gelu": gelu,
    "gelu_tanh": lambda x: x * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "silu": lambda x: x * sigmoid(x),
}


def make(op: Op, parts: Iterable[Term]) -> Term:
    """A nameless term made from others: a sum, a product, a quotient, and so on."""
    parts = tuple(parts)
    return Term(apply(op, [part.value for part in parts]), op=op, parts=parts)


def apply(op: Op, values: list[Value]) -> Value:
    """The result of an operation on numbers: exact where they are fractions and it stays among them, else float64."""
    match op:
        case "sum":
            return sum(values) if all(isinstance(value, Fraction) for value in values) else math.fsum(values)
        case "product":
            return math.prod(values)
        case "quotient":
            return values[0] / values[1] if values[1] else math.nan  # digits as shown may round to 0
        case "difference":
            return values[0] - values[1]
        case "exp":
            return math.exp(values[0]) if values[0] < EXP_REACH else math.inf
        case "sqrt":
            return root(values[0])
        case "square":
            return values[0] ** 2
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "equal":
            return float(math.isclose(values[0], values[1], rel_tol=CLOSE, abs_tol=CLOSE))
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
            raise ValueError("A given number is not made from others.")


def root(x: Value) -> Value:
    """The square root; a fraction where it is one."""
    if isinstance(x, Fraction):
        whole = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
        if whole * whole == x:
            return whole
    return math.sqrt(x)


def evaluate(term: Term, rounded: Callable[[Value], Value] = lambda value: value) -> Value:
    """The value of a term worked out anew from the given numbers at the leaves of its tree.

    rounded: what is done to every result on the way
    """
    return rounded(apply(term.op, [evaluate(part, rounded) for part in term.parts])) if term.parts else term.value


STEP_NAMES: dict[Op, str] = {"exp": "power", "sqrt": "root", "quotient": "score ÷ root"}


def reworked(term: Term, rounded: Callable[[Value], Value]) -> Term:
    """The same tree as on paper: every result rounded, and what is rounded before a division in a line of its own."""
    parts = tuple(reworked(part, rounded) for part in term.parts)
    if not parts:
        return term
    if term.op == "quotient":
        parts = tuple(
            part.named(STEP_NAMES[part.op]) if not part.name and part.op in STEP_NAMES else part for part in parts
        )
    return replace(term, parts=parts, value=rounded(apply(term.op, [part.value for part in parts])))


def dot(a: Iterable[Term], b: Iterable[Term]) -> Term:
    """The sum of products of two rows of terms."""
    return make("sum", (make("product", pair) for pair in zip(a, b, strict=True)))


def steps(term: Term) -> Iterator[Term]:
    """The named terms of a tree that are made from others, in the order in which they are worked out."""
    for part in term.parts:
        yield from steps(part)
    if term.name and term.parts:
        yield term


def shorten(term: Term, count: int) -> Term:
    """The same term with every long sum in its line cut to its `count` largest parts, strongest first.

    What is left of a sum becomes one given number, named "28 more". `count` is at least 1.
    """
    parts = tuple(part if part.name or not part.parts else shorten(part, count) for part in term.parts)
    if term.op != "sum" or len(parts) <= count + 1:
        return term if parts == term.parts else replace(term, parts=parts)
    order = sorted(parts, key=lambda part: abs(float(part.value)), reverse=True)
    rest = Term(apply("sum", [part.value for part in order[count:]]), f"{len(order) - count} more")
    return replace(term, parts=(*order[:count], rest))
