"""A derivation as lines of text or LaTeX in which the digits shown give the result shown."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from attention_core.computation.derivation import Address, Role, Term, Value, apply, named_steps

MINUS = "−"
MAX_DECIMALS = 12
MAX_FRACTION_LENGTH = 9  # characters; a longer fraction is harder to read than its decimals


@dataclass(frozen=True)
class Piece:
    """A run of characters in a line; a number also has its name, its role (colour) and the address it opens."""

    text: str
    role: Role = "plain"
    name: str = ""
    at: Address | None = None


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


def format_number(value: Value, decimals: int) -> str:
    """A number as displayed, with a true minus sign; a fraction as "11/30" if it is short enough, else as decimals."""
    if isinstance(value, Fraction) and len(str(value)) <= MAX_FRACTION_LENGTH:
        return str(value).replace("-", MINUS)
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{float(value):.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text.replace("-", "")


CONFIG_NAMES = frozenset({"d_head", "d_model", "width", "attn_root", "cap", "layer divisor", "bound", "offset"})
"""Numbers from the configuration; most are integers and displayed as such."""


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


def parse_number(text: str) -> Value:
    """The number that these characters of a line represent."""
    plain = text.replace(MINUS, "-").replace("∞", "inf").replace("undefined", "nan")
    return float(plain) if any(mark in plain for mark in (".", "inf", "nan")) else Fraction(plain)


def line(term: Term, decimals: int = 4) -> Line:
    """A named term as an equation.

    The numbers on the left get at least as many decimals as the result, and more if needed, until the digits
    shown give the result shown to within half a unit in its last place for each number summed.
    """
    is_fraction = isinstance(shown_value(term, decimals), Fraction)
    value = term.value if is_fraction else float(term.value)
    result = parse_number(format_number(value, decimals))
    tolerance = 0.5 * 10**-decimals * (len(term.parts) if term.op == "sum" else 1)
    for shown_decimals in range(decimals, MAX_DECIMALS + 1):
        shown = shown_value(term, shown_decimals)
        if abs(shown - result) <= tolerance or not math.isfinite(result):
            break
    left = (*expression(term, shown_decimals, top=True), Piece(" = "))
    right = Piece(format_number(value, decimals), term.role, term.name, term.at)
    exact = format_number(shown, decimals) == right.text
    return Line(term, (*left, right), decimals, exact, shown)


def lines(term: Term, decimals: int = 4) -> list[Line]:
    """All equations of a derivation, in order of computation."""
    return [line(step, decimals) for step in named_steps(term)]


FUNCTION_NAMES = ("cos", "sin", "tanh", "gelu", "gelu_tanh", "quick_gelu", "silu", "bfloat16")
OPERATORS = {"sum": " + ", "product": " × ", "quotient": " ÷ ", "difference": f" {MINUS} ", "equal": " = "}  # fmt: skip
NOTATION = {"exp": ("e^(", ")"), "sqrt": ("√", ""), "square": ("(", ")²"), "max": ("max(", ")"), "equal": ("[", "]"),
         "min": ("min(", ")"), "relu": ("max(0, ", ")"),
         **{name: (f"{name}(", ")") for name in FUNCTION_NAMES}}  # fmt: skip


TIGHT_OPS = ("product", "quotient", "sqrt", "square")  # operations whose operands need brackets if they are fractions


def expression(term: Term, decimals: int, top: bool = False) -> list[Piece]:
    """A term written out: named parts as numbers, unnamed parts as expressions."""
    if not term.parts or (term.name and not top):
        return [Piece(leaf_text(term, decimals), term.role, term.name, term.at)]
    pieces: list[Piece] = []
    for i, part in enumerate(term.parts):
        if i:
            pieces.append(Piece(OPERATORS.get(term.op, ", ")))
        inner = expression(part, decimals)
        is_number = not part.parts or bool(part.name)
        bracketed = "/" in inner[0].text and term.op in TIGHT_OPS if is_number else needs_brackets(term, part)
        pieces += [Piece("("), *inner, Piece(")")] if bracketed else inner
    if term.op in NOTATION:
        before, after = NOTATION[term.op]
        return [Piece(before), *pieces, Piece(after)] if after else [Piece(before), *pieces]
    return pieces


def needs_brackets(outer: Term, inner: Term) -> bool:
    """Whether a part written out would be misread without brackets."""
    if inner.op in ("sum", "difference"):
        return outer.op not in ("sum", "equal", "square") and NOTATION.get(outer.op, ("", ""))[1] != ")"
    return outer.op == "quotient" and inner.op in ("product", "quotient")


LATEX = {"×": r"\times ", "÷": r"\div ", MINUS: "-", "²": "^2", "max(": r"\max(", "min(": r"\min("}


def latex(term: Term, decimals: int = 4, width: int = 4) -> str:
    """All equations of a derivation as one LaTeX `align*`, with long sums broken after every `width` parts."""
    return "\n".join([r"\begin{align*}", *(latex_line(each, width) for each in lines(term, decimals)), r"\end{align*}"])


def latex_line(equation: Line, width: int) -> str:
    """One equation as a row of `align*`."""
    rows, parts = [""], 0
    for piece in equation.pieces[:-2]:
        if piece.text == OPERATORS["sum"] or piece.text == ", ":
            parts += 1
            if parts % width == 0:
                rows.append("")
        rows[-1] += latex_text(piece.text)
    left = " \\\\\n&\\quad ".join(rows)
    return f"{latex_name(equation.term.name)} &= {left} \\\\\n&= {latex_text(equation.pieces[-1].text)} \\\\"


def latex_name(name: str) -> str:
    """A term's name, in upright type."""
    escaped = name.replace("_", r"\_").replace("·", r"}\cdot\text{")
    return rf"\text{{{escaped}}}"


FUNCTION_CALL = re.compile(rf"\b({'|'.join(FUNCTION_NAMES)})\(")


def latex_text(text: str) -> str:
    """A piece of a line in LaTeX."""
    for plain, command in LATEX.items():
        text = text.replace(plain, command)
    text = text.replace("e^(", r"\exp(")
    text = FUNCTION_CALL.sub(lambda match: rf"\operatorname{{{match[1]}}}(".replace("_", r"\_"), text)
    return rf"\sqrt{{{text[1:]}}}" if text.startswith("√") and len(text) > 1 else text.replace("√", r"\surd ")
