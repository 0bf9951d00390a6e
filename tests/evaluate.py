"""Works out a line of arithmetic from the characters on the page."""

import math
import re
from fractions import Fraction

MINUS = "−"


def evaluate(text):
    """(what the left side gives, the right side, how many decimals it has, how many parts were added)."""
    left, right = text.rsplit(" = ", 1)
    right = str(float(Fraction(right.replace(MINUS, "-")))) if "/" in right else right
    left = left.split(":  ")[-1]
    code = left.replace("×", "*").replace("÷", "/").replace(MINUS, "-").replace("²", "**2")
    code = re.sub(r"√(\d+(\.\d+)?)", r"sqrt(\1)", code).replace("√(", "sqrt(").replace("e^(", "exp(")
    code = re.sub(r"\[([^]=]*) = ([^]=]*)\]", r"(\1 == \2)", code)
    assert re.fullmatch(r"[\d\s.+\-*/(),=]*", re.sub(r"sqrt|exp|max|gelu", "", code)), f"not arithmetic: {text}"
    names = {"sqrt": math.sqrt, "exp": math.exp, "max": lambda *numbers: max(numbers),
             "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2)))}  # fmt: skip
    value = eval(code, {"__builtins__": {}}, names)
    decimals = len(right.partition(".")[2])
    return value, float(right.replace(MINUS, "-")), decimals, left.count(" + ") + 1


def holds(text):
    """Whether a line, evaluated as shown, gives its right side within half a unit of the last digit a term."""
    value, right, decimals, parts = evaluate(text)
    return abs(value - right) <= 0.5 * 10**-decimals * parts + 1e-9
