"""Evaluates a line of arithmetic from its characters on the page."""

import math
import re
import struct
from fractions import Fraction

MINUS = "−"


def nearest_bfloat16(x):
    """The upper half of a float32's bits, rounded to nearest with ties to even."""
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000))[0]


FUNCTIONS = {
    "sqrt": math.sqrt, "exp": math.exp, "cos": math.cos, "sin": math.sin, "tanh": math.tanh,
    "max": lambda *numbers: max(numbers), "min": lambda *numbers: min(numbers),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x: x * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "quick_gelu": lambda x: x / (1 + math.exp(-1.702 * x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "bfloat16": nearest_bfloat16,
}  # fmt: skip
CALLED = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(")


def evaluate(text):
    """(value of the left side, right side, decimals of the right side, number of summands on the left)."""
    left, right = text.rsplit(" = ", 1)
    right = str(float(Fraction(right.replace(MINUS, "-")))) if "/" in right else right
    left = left.split(":  ")[-1]
    code = left.replace("×", "*").replace("÷", "/").replace(MINUS, "-").replace("²", "**2")
    code = re.sub(r"√(\d+(\.\d+)?)", r"sqrt(\1)", code).replace("√(", "sqrt(").replace("e^(", "exp(")
    code = re.sub(r"\[([^]=]*) = ([^]=]*)\]", r"(\1 == \2)", code)
    assert re.fullmatch(r"[\d\s.+\-*/(),=]*", CALLED.sub("(", code)), f"not arithmetic: {text}"
    value = eval(code, {"__builtins__": {}}, FUNCTIONS)
    decimals = len(right.partition(".")[2])
    return value, float(right.replace(MINUS, "-")), decimals, left.count(" + ") + 1


def holds(text):
    """Whether a line, evaluated as shown, gives its right side to within half a unit in its last place per summand."""
    value, right, decimals, parts = evaluate(text)
    return abs(value - right) <= 0.5 * 10**-decimals * parts + 1e-9
