"""Notation of numbers, operations and names, in text and in LaTeX."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from attention_core.computation.arithmetic import Value

MINUS = "−"
MAX_FRACTION_LENGTH = 9  # characters; a longer one is harder to read than its decimals


def format_number(value: Value, decimals: int) -> str:
    """A number as displayed, with a true minus sign; a fraction as "11/30" if it is short enough, else as decimals."""
    # A float is recognized first: a derivation has thousands, and to ask for a fraction is slow.
    if not isinstance(value, float) and isinstance(value, Fraction) and len(str(value)) <= MAX_FRACTION_LENGTH:
        return str(value).replace("-", MINUS)
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{float(value):.{decimals}f}"
    if text[0] != "-":
        return text
    return MINUS + text[1:] if float(text) else text[1:]


def parse_number(text: str) -> Value:
    """The number that a text on a line represents."""
    plain = text.replace(MINUS, "-")
    if "." in plain:
        return float(plain)
    special = {"∞": math.inf, "-∞": -math.inf, "undefined": math.nan}
    return special[plain] if plain in special else Fraction(plain)


FUNCTION_NAMES = ("cos", "sin", "tanh", "gelu", "gelu_tanh", "quick_gelu", "silu", "bfloat16")
INFIX_OPERATORS = {"sum": " + ", "product": " × ", "quotient": " ÷ ", "difference": f" {MINUS} ", "equal": " = "}
NOTATION = {"exp": ("e^(", ")"), "sqrt": ("√", ""), "square": ("(", ")²"), "max": ("max(", ")"), "equal": ("[", "]"),
         "min": ("min(", ")"), "relu": ("max(0, ", ")"),
         **{name: (f"{name}(", ")") for name in FUNCTION_NAMES}}  # fmt: skip

LATEX = {"×": r"\times ", "÷": r"\div ", MINUS: "-", "²": "^2", "max(": r"\max(", "min(": r"\min("}


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
