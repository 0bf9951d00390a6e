"""A derivation: a tree of named numbers, and its equations as text or LaTeX, which hold for the digits shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

from attention_core.computation.arithmetic import Op, Value, apply
from attention_core.computation.render import (
    INFIX_OPERATORS,
    NOTATION,
    format_number,
    latex_name,
    latex_text,
    parse_number,
)
from attention_core.errors import shorten_middle

Role = Literal["query", "key", "value", "plain"]

DEFAULT_DECIMALS = 4
MAX_DECIMALS = 12
FEW, SOME = 3, 8  # parts of a long sum shown in a repr and in a notebook
LONGEST_LINE = 200  # characters of a term's repr
REST = " more"


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

    def __repr__(self) -> str:
        """Its equation, such as "score = 23.8139 ÷ √32 = 4.2098", with long sums shortened."""
        head = f"{self.name} = " if self.name else ""
        if not self.parts:
            return head + leaf_text(self, DEFAULT_DECIMALS)
        pieces = line(shorten_sums(self, FEW)).pieces
        text = "".join(f"({piece.name}: {piece.text})" if piece.is_rest else piece.text for piece in pieces)
        return head + shorten_middle(text, LONGEST_LINE)

    def _repr_latex_(self) -> str | None:
        """The derivation for a notebook, long sums cut to their largest parts; None for a given number."""
        equations = [line(shorten_sums(step, SOME)) for step in named_steps(self)]
        return aligned(equations) if equations else None


def combine(op: Op, parts: Iterable[Term]) -> Term:
    """An unnamed term that combines others: a sum, a product, a quotient, and so on."""
    parts = tuple(parts)
    return Term(apply(op, [part.value for part in parts]), op=op, parts=parts)


def evaluate(term: Term, rounded: Callable[[Value], Value] = lambda value: value) -> Value:
    """The value of a term, recomputed from the given numbers at the leaves of its tree.

    rounded: applied to every intermediate result
    """
    return rounded(apply(term.op, [evaluate(part, rounded) for part in term.parts])) if term.parts else term.value


def dot_product(a: Iterable[Term], b: Iterable[Term]) -> Term:
    """The dot product of two rows of terms."""
    return combine("sum", (combine("product", pair) for pair in zip(a, b, strict=True)))


def named_steps(term: Term) -> Iterator[Term]:
    """The named terms of a tree that are computed from others, in order of computation."""
    for part in term.parts:
        if part.parts:
            yield from named_steps(part)
    if term.name and term.parts:
        yield term


def shorten_sums(term: Term, count: int) -> Term:
    """The same term with every long sum in its line cut to its `count` largest parts by magnitude, largest first.

    The rest of a sum becomes one given number, named "28 more". `count` is at least 1.
    """
    kept: Sequence[Term] = term.parts
    rest: tuple[Term, ...] = ()
    if term.op == "sum" and len(kept) > count + 1:
        order = sorted(kept, key=lambda part: abs(float(part.value)), reverse=True)
        kept, cut = order[:count], order[count:]
        rest = (Term(apply("sum", [part.value for part in cut]), f"{len(cut)}{REST}"),)
    parts = (*(part if part.name or not part.parts else shorten_sums(part, count) for part in kept), *rest)
    return term if parts == term.parts else replace(term, parts=parts)


@dataclass(frozen=True)
class Piece:
    """A run of characters in a line; a number also has its name, its role (colour) and the address it opens."""

    text: str
    role: Role = "plain"
    name: str = ""
    at: Address | None = None

    @property
    def is_rest(self) -> bool:
        """Whether this is the rest of a sum that `shorten_sums` cut."""
        return self.name.endswith(REST)


@dataclass(frozen=True)
class Line:
    """One equation as shown: left side, "=", right side.

    exact: whether the digits shown give the result shown to the last digit
    shown: the value of the left side as shown
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
        """A sentence if the digits shown do not give the result shown; otherwise empty."""
        if self.exact:
            return ""
        right, last = format_number(self.term.value, self.decimals), format_number(self.shown, self.decimals)
        return f"Rounding: the digits shown give {last}, the exact numbers {right}."


CONFIG_NAMES = frozenset({"d_head", "d_model", "width", "attn_root", "cap", "layer divisor", "bound", "offset"})
"""Numbers of the configuration; whole ones are printed without decimals."""


def leaf_text(term: Term, decimals: int) -> str:
    """The digits of a term that a line shows as a number."""
    if term.name in CONFIG_NAMES and float(term.value).is_integer():
        return format_number(term.value, 0)
    if term.name == "eps":
        return f"{term.value:.15f}".rstrip("0")
    return format_number(term.value, decimals)


def shown_value(term: Term, decimals: int, top: bool = True) -> Value:
    """The value of a line, computed from the digits it shows."""
    if term.parts and (top or not term.name):
        return apply(term.op, [shown_value(part, decimals, top=False) for part in term.parts])
    return parse_number(leaf_text(term, decimals))


def line(term: Term, decimals: int = DEFAULT_DECIMALS) -> Line:
    """A named term as an equation.

    The numbers on the left get at least as many decimals as the result, and more if needed, until the digits
    shown give the result shown to within half a unit in its last place for each number summed.
    """
    exactly = isinstance(shown_value(term, decimals), Fraction)
    value = term.value if exactly else float(term.value)
    result = parse_number(format_number(value, decimals))
    slack = 0.5 * 10**-decimals * (len(term.parts) if term.op == "sum" else 1)
    for shown_decimals in range(decimals, MAX_DECIMALS + 1):
        shown = shown_value(term, shown_decimals)
        if abs(shown - result) <= slack or not math.isfinite(result):
            break
    sides = (*expression(term, shown_decimals, top=True), Piece(" = "))
    right = Piece(format_number(value, decimals), term.role, term.name, term.at)
    exact = format_number(shown, decimals) == right.text
    return Line(term, (*sides, right), decimals, exact, shown)


def lines(term: Term, decimals: int = DEFAULT_DECIMALS) -> list[Line]:
    """All equations of a derivation, in order of computation."""
    return [line(step, decimals) for step in named_steps(term)]


TIGHT_OPS = ("product", "quotient", "sqrt", "square")  # operations inside which a fraction needs brackets


def expression(term: Term, decimals: int, top: bool = False) -> list[Piece]:
    """A term written out: named parts as numbers, unnamed parts as expressions."""
    if not term.parts or (term.name and not top):
        return [Piece(leaf_text(term, decimals), term.role, term.name, term.at)]
    pieces: list[Piece] = []
    for i, part in enumerate(term.parts):
        if i:
            pieces.append(Piece(INFIX_OPERATORS.get(term.op, ", ")))
        inner = expression(part, decimals)
        bare = not part.parts or bool(part.name)
        looser = "/" in inner[0].text and term.op in TIGHT_OPS if bare else needs_brackets(term, part)
        pieces += [Piece("("), *inner, Piece(")")] if looser else inner
    if term.op in NOTATION:
        before, after = NOTATION[term.op]
        return [Piece(before), *pieces, Piece(after)] if after else [Piece(before), *pieces]
    return pieces


def needs_brackets(outer: Term, inner: Term) -> bool:
    """Whether a part written out would be misread without brackets."""
    if inner.op in ("sum", "difference"):
        return outer.op not in ("sum", "equal", "square") and NOTATION.get(outer.op, ("", ""))[1] != ")"
    return outer.op == "quotient" and inner.op in ("product", "quotient")


def latex(term: Term, decimals: int = DEFAULT_DECIMALS, width: int = 4) -> str:
    """All equations of a derivation as one LaTeX `align*`, with long sums broken after every `width` parts."""
    return aligned(lines(term, decimals), width)


def aligned(equations: Iterable[Line], width: int = 4) -> str:
    """Equations as one LaTeX `align*`, long sums broken after `width` parts."""
    return "\n".join([r"\begin{align*}", *(latex_line(each, width) for each in equations), r"\end{align*}"])


def latex_line(equation: Line, width: int) -> str:
    """One equation as a row of `align*`."""
    rows, parts = [""], 0
    for piece in equation.pieces[:-2]:
        if piece.text == INFIX_OPERATORS["sum"] or piece.text == ", ":
            parts += 1
            if parts % width == 0:
                rows.append("")
        shown = latex_text(piece.text)
        rows[-1] += rf"\underbrace{{{shown}}}_{{{latex_name(piece.name)}}}" if piece.is_rest else shown
    left = " \\\\\n&\\quad ".join(rows)
    return f"{latex_name(equation.term.name)} &= {left} \\\\\n&= {latex_text(equation.pieces[-1].text)} \\\\"
