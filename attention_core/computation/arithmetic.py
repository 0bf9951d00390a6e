"""The operations of a derivation: exact on fractions where the result is rational, otherwise in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

Op = Literal[
    "given", "sum", "product", "quotient", "difference", "exp", "sqrt", "square", "max", "min", "equal", "cos", "sin",
    "tanh", "gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "bfloat16",
]  # fmt: skip
Value = float | Fraction

MAX_EXPONENT = 709.0  # the largest whole exponent of e that does not overflow float64
TOLERANCE = 1e-9  # relative and absolute; closer numbers count as equal


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


def apply(op: Op, values: list[Value]) -> Value:
    """The result of an operation: an exact fraction if the inputs and the result are rational, otherwise float64."""
    match op:
        case "sum":
            return sum(values) if all(isinstance(value, Fraction) for value in values) else math.fsum(values)
        case "product":
            return math.prod(values)
        case "quotient":
            return values[0] / values[1] if values[1] else math.nan  # a divisor rounded to the digits shown may be 0
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
        root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
        if root * root == x:
            return root
    return math.sqrt(x)
