"""A derivation: a tree of named numbers, and its lines of text or LaTeX, whose shown digits give the shown result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

from attention_core.computation.arithmetic import Op, Value, apply
from attention_core.computation.render import CALLS, JOINTS, latex_name, latex_text, number, read
from attention_core.errors import shorten_middle

Role = Literal["query", "key", "value", "plain"]

DECIMALS = 4
MOST_DECIMALS = 12
FEW, SOME = 3, 8  # of a long sum, the parts that a line and a notebook show
LONGEST_LINE = 200  # characters of a term in one line
FEW, SOME = 3, 8  # of a long sum, the parts that a line and a notebook show
REST = " more"
LONGEST_LINE = 200  # characters of a term in one line


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

    def __repr__(self) -> str:
        """Its line in digits, as in "score = 23.8139 ÷ √32 = 4.2098", what is long shortened; a given number alone."""
        head = f"{self.name} = " if self.name else ""
        if not self.parts:
            return head + leaf_text(self, DECIMALS)
        pieces = line(shorten(self, FEW)).pieces
        text = "".join(f"({piece.name}: {piece.text})" if piece.is_rest else piece.text for piece in pieces)
        return head + shorten_middle(text, LONGEST_LINE)

    def _repr_latex_(self) -> str | None:
        """The derivation for a notebook, long sums cut to their largest parts; None for a given number."""
        made = [line(shorten(step, SOME)) for step in steps(self)]
        return aligned(made) if made else None


def make(op: Op, parts: Iterable[Term]) -> Term:
    """A nameless term made from others: a sum, a product, a quotient, and so on."""
    parts = tuple(parts)
    return Term(apply(op, [part.value for part in parts]), op=op, parts=parts)


def evaluate(term: Term, rounded: Callable[[Value], Value] = lambda value: value) -> Value:
    """The value of a term worked out anew from the given numbers at the leaves of its tree.

    rounded: what is done to every result on the way
    """
    return rounded(apply(term.op, [evaluate(part, rounded) for part in term.parts])) if term.parts else term.value


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
    rest = Term(apply("sum", [part.value for part in order[count:]]), f"{len(order) - count}{REST}")
    return replace(term, parts=(*order[:count], rest))


@dataclass(frozen=True)
class Piece:
    """A run of characters in a line; a number in it knows its name, colour and where it opens."""

    text: str
    role: Role = "plain"
    name: str = ""
    at: Address | None = None

    @property
    def is_rest(self) -> bool:
        """Whether it stands for the parts that `shorten` has left out of a sum."""
        return self.name.endswith(REST)


@dataclass(frozen=True)
class Line:
    """One equation as shown: left side, "=", right side.

    exact: whether the shown digits give the shown result to the last digit
    shown: what the shown left side gives
    """

    term: Term
    pieces: tuple[Piece, ...]
    decimals: int
    exact: bool
    shown: Value

    @property
    def text(self) -> str:
        """The equation in one line of plain text."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def rounding(self) -> str:
        """A sentence where the digits as shown do not give the shown result; nothing where they do."""
        if self.exact:
            return ""
        right, last = number(self.term.value, self.decimals), number(self.shown, self.decimals)
        return f"Rounding shows: the digits as printed give {last}, the exact numbers {right}."


CONFIGURED = frozenset({"d_head", "d_model", "width", "attn_root", "cap", "layer divisor", "bound", "offset"})
"""Numbers of the configuration, which are mostly whole, and then printed so."""


def leaf_text(term: Term, decimals: int) -> str:
    """The digits of a term that stands as a number in a line."""
    if term.name in CONFIGURED and float(term.value).is_integer():
        return number(term.value, 0)
    if term.name == "eps":
        return f"{term.value:.15f}".rstrip("0")
    return number(term.value, decimals)


def shown_value(term: Term, decimals: int, top: bool = True) -> Value:
    """What a line gives when it is worked out from the digits that it shows."""
    if term.parts and (top or not term.name):
        return apply(term.op, [shown_value(part, decimals, top=False) for part in term.parts])
    return read(leaf_text(term, decimals))


def line(term: Term, decimals: int = DECIMALS) -> Line:
    """A named term as an equation.

    The numbers on the left get as many decimals, at least those of the result, as it takes for the
    shown digits to give the shown result within half a unit of its last digit for each number summed.
    """
    exactly = isinstance(shown_value(term, decimals), Fraction)
    value = term.value if exactly else float(term.value)
    result = read(number(value, decimals))
    slack = 0.5 * 10**-decimals * (len(term.parts) if term.op == "sum" else 1)
    for shown_decimals in range(decimals, MOST_DECIMALS + 1):
        shown = shown_value(term, shown_decimals)
        if abs(shown - result) <= slack or not math.isfinite(result):
            break
    sides = (*side(term, shown_decimals, top=True), Piece(" = "))
    right = Piece(number(value, decimals), term.role, term.name, term.at)
    exact = number(shown, decimals) == right.text
    return Line(term, (*sides, right), decimals, exact, shown)


def lines(term: Term, decimals: int = DECIMALS) -> list[Line]:
    """All equations of a derivation, in the order in which they are worked out."""
    return [line(step, decimals) for step in steps(term)]


BINDING = ("product", "quotient", "sqrt", "square")  # operations inside which a fraction needs brackets


def side(term: Term, decimals: int, top: bool = False) -> list[Piece]:
    """A term written out: named parts as numbers, nameless ones as what they are made from."""
    if not term.parts or (term.name and not top):
        return [Piece(leaf_text(term, decimals), term.role, term.name, term.at)]
    pieces: list[Piece] = []
    for i, part in enumerate(term.parts):
        if i:
            pieces.append(Piece(JOINTS.get(term.op, ", ")))
        inner = side(part, decimals)
        bare = not part.parts or bool(part.name)
        looser = "/" in inner[0].text and term.op in BINDING if bare else needs_brackets(term, part)
        pieces += [Piece("("), *inner, Piece(")")] if looser else inner
    if term.op in CALLS:
        before, after = CALLS[term.op]
        return [Piece(before), *pieces, Piece(after)] if after else [Piece(before), *pieces]
    return pieces


def needs_brackets(outer: Term, inner: Term) -> bool:
    """Whether a part written out would be read wrongly without brackets."""
    if inner.op in ("sum", "difference"):
        return outer.op not in ("sum", "equal", "square") and CALLS.get(outer.op, ("", ""))[1] != ")"
    return outer.op == "quotient" and inner.op in ("product", "quotient")


def latex(term: Term, decimals: int = DECIMALS, width: int = 4) -> str:
    """All equations of a derivation as one LaTeX `align*`, long sums broken after `width` parts."""
    return aligned(lines(term, decimals), width)


def aligned(equations: Iterable[Line], width: int = 4) -> str:
    """Equations as one LaTeX `align*`, long sums broken after `width` parts."""
    return "\n".join([r"\begin{align*}", *(latex_line(each, width) for each in equations), r"\end{align*}"])


def latex_line(equation: Line, width: int) -> str:
    """One equation as a row of `align*`."""
    rows, parts = [""], 0
    for piece in equation.pieces[:-2]:
        if piece.text == JOINTS["sum"] or piece.text == ", ":
            parts += 1
            if parts % width == 0:
                rows.append("")
        shown = latex_text(piece.text)
        rows[-1] += rf"\underbrace{{{shown}}}_{{{latex_name(piece.name)}}}" if piece.is_rest else shown
    left = " \\\\\n&\\quad ".join(rows)
    return f"{latex_name(equation.term.name)} &= {left} \\\\\n&= {latex_text(equation.pieces[-1].text)} \\\\"
