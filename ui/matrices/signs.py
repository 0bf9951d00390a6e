"""What is written before, between and after the inputs of an operation: with the matrices, a true equation."""

from __future__ import annotations

from attention_core.computation.stage import Stage
from attention_core.lessons.softmax_alternatives import Argmax, DivideBySum
from attention_core.ops.basic import Identity, Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, ApplyMask, Multiply, MultiplyByConstant, Scale, SoftCap
from attention_core.ops.images import Standardize
from attention_core.ops.norms import LayerNorm, RMSNorm
from attention_core.ops.rotary import Rotate
from attention_core.ops.softmax import SinkSoftmax, Softmax
from ui.words.traits import divisor_text

Axes = tuple[str, str]

TRANSPOSED = "ᵀ"
TRAILING = f"{TRANSPOSED})"
"""What belongs to the matrix before it."""


def operator_signs(stage: Stage, inputs: list[Axes]) -> list[str]:
    """The text before each input, then the text before the result.

    ×: matrix product, or product with a number; ⊙: product of each number with the one at its place, or in its column

    inputs: the rows and columns of each input
    """
    match stage.operation:
        case Einsum():
            signs = product_signs(stage, inputs)
        case Multiply(offset=0.0):
            (_, first), (_, second) = inputs
            # Two vectors along different axes: every number of one times every number of the other.
            outer = {inputs[0][0], inputs[1][0]} == {"one"} and "one" != first != second != "one"
            signs = ["", f"{TRANSPOSED} ×" if outer else "⊙", "="]
        case MultiplyByConstant(factor=factor):
            signs = ["", f"× {factor:.6g} ="]
        case Scale() as scale:
            signs = ["", f"÷ {divisor_text(scale).replace(' and by ', ' ÷ ')} ="]
        case SoftCap(cap=cap):
            signs = [f"{cap:g} × tanh(", f"÷ {cap:g}) ="]
        case ApplyMask():
            signs = ["", "where", "is 1, −∞ elsewhere ="]
        case SinkSoftmax():
            signs = ["softmax(", "with sink", ") ="]
        case Softmax():
            signs = ["softmax(", ") ="]
        case DivideBySum():
            masked = ", with 0 for −∞" if stage.inputs[0].name == "masked" else ""
            signs = ["", f"÷ sum of its row{masked} ="]
        case Argmax():
            signs = ["argmax(", ") ="]
        case LayerNorm(over=over):
            signs = ["(", f"− mean) ÷ standard deviation{of_heads(over)} ⊙", *["+"] * (len(inputs) - 2), "="]
        case RMSNorm(over=over, offset=offset):
            size = f"÷ root mean square{of_heads(over)} ⊙"
            signs = ["", f"{size} ({offset:g} +", ") ="] if offset else ["", size, "="]
        case Rotate():
            signs = ["", "rotated by", "and", "="]
        case Standardize(divisor=divisor):
            signs = ["(", f"÷ {divisor:g} −" if divisor != 1 else "−", ") ÷", "="]
        case Add() | Identity():
            signs = ["", *["+"] * (len(inputs) - 1), "="]
        case Input():
            signs = [""]
        case _:
            signs = ["", *[","] * (len(inputs) - 1), "→"]
    return signs


def product_signs(stage: Stage, inputs: list[Axes]) -> list[str]:
    """The signs of a matrix product: an input whose summed axis is on the wrong side is transposed."""
    left, right, *bias = inputs
    over = next(axis for axis in left if axis in right and axis not in stage.axes)
    first = f"{TRANSPOSED} ×" if left[0] == over else "×"
    second = f"{TRANSPOSED} " if right[1] == over else ""
    return ["", first, *(f"{second}+" for _ in bias), "=" if bias else f"{second}="]


def of_heads(over: tuple[str, ...]) -> str:
    """Over what a norm is taken, where that is more than the row of the matrix."""
    return " of all heads" if len(over) > 1 else ""


def join_words(*parts: str) -> str:
    """Words and signs as one text, with spaces where an equation has them."""
    text = ""
    for part in filter(None, parts):
        space = "" if not text or text.endswith("(") or part[0] in TRAILING else " "
        text += space + part
    return text


def split_trailing(text: str) -> tuple[str, str]:
    """The signs that belong to the matrix before a text, such as ᵀ, and the rest."""
    rest = text.lstrip(TRAILING)
    return text[: len(text) - len(rest)], rest.lstrip()
