"""Numbers, operations and names as they are written, in text and in LaTeX."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from attention_core.computation.arithmetic import Value

MINUS = "−"
LONGEST_FRACTION = 9  # characters; a longer one is harder to read than its decimals


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


def read(text: str) -> Value:
    """The number that stands in a line as these characters."""
    plain = text.replace(MINUS, "-").replace("∞", "inf").replace("undefined", "nan")
    return float(plain) if any(mark in plain for mark in (".", "inf", "nan")) else Fraction(plain)


CALLED_BY_NAME = ("cos", "sin", "tanh", "gelu", "gelu_tanh", "quick_gelu", "silu", "bfloat16")
JOINTS = {"sum": " + ", "product": " × ", "quotient": " ÷ ", "difference": f" {MINUS} ", "equal": " = "}  # fmt: skip
CALLS = {"exp": ("e^(", ")"), "sqrt": ("√", ""), "square": ("(", ")²"), "max": ("max(", ")"), "equal": ("[", "]"),
         "min": ("min(", ")"), "relu": ("max(0, ", ")"),
         **{name: (f"{name}(", ")") for name in CALLED_BY_NAME}}  # fmt: skip

LATEX = {"×": r"\times ", "÷": r"\div ", MINUS: "-", "²": "^2", "max(": r"\max(", "min(": r"\min("}


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
