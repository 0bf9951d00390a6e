"""A derivation as lines of text or LaTeX whose shown digits give the shown result."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from attention_core.computation.derivation import Address, Role, Term, Value, apply, steps

MINUS = "−"
MOST_DECIMALS = 12
LONGEST_FRACTION = 9  # characters; a longer one is harder to read than its decimals


@dataclass(frozen=True)
class Piece:
    """A run of characters in a line; a number in it knows its name, colour and where it opens."""

    text: str
    role: Role = "plain"
    name: str = ""
    at: Address | None = None


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


def number(value: Value, decimals: int) -> str:
    """A number as printed, with a true minus sign; a fraction as "11/30" where that is not longer than its decimals."""
    if isinstance(value, Fraction) and len(str(value)) <= LONGEST_FRACTION:
        return str(value).replace("-", MINUS)
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{float(value):.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text.replace("-", "")


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


def read(text: str) -> Value:
    """The number that stands in a line as these characters."""
    plain = text.replace(MINUS, "-").replace("∞", "inf").replace("undefined", "nan")
    return float(plain) if any(mark in plain for mark in (".", "inf", "nan")) else Fraction(plain)


def line(term: Term, decimals: int = 4) -> Line:
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


def lines(term: Term, decimals: int = 4) -> list[Line]:
    """All equations of a derivation, in the order in which they are worked out."""
    return [line(step, decimals) for step in steps(term)]


CALLED_BY_NAME = ("cos", "sin", "tanh", "gelu", "gelu_tanh", "quick_gelu", "silu", "bfloat16")
JOINTS = {"sum": " + ", "product": " × ", "quotient": " ÷ ", "difference": f" {MINUS} ", "equal": " = "}  # fmt: skip
CALLS = {"exp": ("e^(", ")"), "sqrt": ("√", ""), "square": ("(", ")²"), "max": ("max(", ")"), "equal": ("[", "]"),
         "min": ("min(", ")"), "relu": ("max(0, ", ")"),
         **{name: (f"{name}(", ")") for name in CALLED_BY_NAME}}  # fmt: skip


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


LATEX = {"×": r"\times ", "÷": r"\div ", MINUS: "-", "²": "^2", "max(": r"\max(", "min(": r"\min("}


def latex(term: Term, decimals: int = 4, width: int = 4) -> str:
    """All equations of a derivation as one LaTeX `align*`, long sums broken after `width` parts."""
    return "\n".join([r"\begin{align*}", *(latex_line(each, width) for each in lines(term, decimals)), r"\end{align*}"])


def latex_line(equation: Line, width: int) -> str:
    """One equation as a row of `align*`."""
    rows, parts = [""], 0
    for piece in equation.pieces[:-2]:
        if piece.text == JOINTS["sum"] or piece.text == ", ":
            parts += 1
            if parts % width == 0:
                rows.append("")
        rows[-1] += latex_text(piece.text)
    left = " \\\\\n&\\quad ".join(rows)
    return f"{latex_name(equation.term.name)} &= {left} \\\\\n&= {latex_text(equation.pieces[-1].text)} \\\\"


def latex_name(name: str) -> str:
    """A term's name, upright."""
    escaped = name.replace("_", r"\_").replace("·", r"}\cdot\text{")
    return rf"\text{{{escaped}}}"


CALLED = re.compile(rf"\b({'|'.join(CALLED_BY_NAME)})\(")


def latex_text(text: str) -> str:
    """A run of a line in LaTeX."""
    for plain, command in LATEX.items():
        text = text.replace(plain, command)
    text = CALLED.sub(lambda found: rf"\operatorname{{{found[1]}}}(".replace("_", r"\_"), text.replace("e^(", r"\exp("))
    return rf"\sqrt{{{text[1:]}}}" if text.startswith("√") and len(text) > 1 else text.replace("√", r"\surd ")
