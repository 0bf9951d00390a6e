"""From pixels to the stream, and from the class token to the labels, declared.

Source: Dosovitskiy et al. 2020, section 3.1, https://arxiv.org/abs/2010.11929
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from attention_core.config import ModelConfig
from attention_core.declare import stage
from attention_core.derivation import Term, make
from attention_core.elementwise import Add, Elementwise
from attention_core.image import ImageInput
from attention_core.operations import Given
from attention_core.products import Contract
from attention_core.stages import Cell, Numbers, Operand, Operation, Rounding, Stage

PIXEL = "A pixel of the image, from 0 to 255."
SAYS = "From preprocessor_config.json: what the model was trained to find subtracted and divided by."


@dataclass(frozen=True)
class Standardize(Elementwise):
    """Pixel values as the model was trained on them; the inputs are p, the mean and the standard deviation.

    result = (p / divisor - mean) / std
    """

    divisor: float

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        pixel, mean, std = (each.along(axes) for each in inputs)
        np.divide(pixel, out.dtype.type(self.divisor), out=out)
        out -= mean
        out /= std
        return out

    def term(self, cell: Cell) -> Term:
        pixel, mean, std = map(cell.part, cell.stage.inputs)
        if self.divisor != 1:
            # Both are whole numbers, and are written as such.
            over = Fraction(self.divisor) if self.divisor.is_integer() else self.divisor
            pixel = make("quotient", (replace(pixel, value=Fraction(pixel.value)), Term(over, "divisor")))
        return make("quotient", (make("difference", (pixel, mean)), std))


@dataclass(frozen=True)
class Prepend(Operation):
    """One row before others: the class token, then the patches.

    result[0] = first;  result[1 + i] = rest[i]
    """

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        first, rest = inputs
        return np.concatenate([first.numbers[None], rest.numbers])

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        first, rest = cell.stage.inputs
        position = cell.index["position"]
        return cell.place(rest, {"patch": position - 1}).term() if position else make("sum", (cell.part(first),))


@dataclass(frozen=True)
class First(Operation):
    """The first row of several: what became of the class token."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].numbers[0]

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        return self.compute(axes, inputs)

    def term(self, cell: Cell) -> Term:
        return cell.place(cell.stage.inputs[0], {"position": 0}).term()


def patch_stages(image: ImageInput) -> list[Stage]:
    """From the pixels to the stream as the first layer finds it."""
    divided = f"pixel ÷ {image.divisor:g}" if image.divisor != 1 else "pixel"
    return [
        stage("pixel[patch, value]", Given(PIXEL), title="Pixels"),
        stage("mean[colour]", Given(SAYS), title="Means"),
        stage("std[colour]", Given(SAYS), title="Standard deviations"),
        stage("normalized[patch, value]", Standardize(image.divisor), "pixel[patch, value]", "mean[colour]",
              "std[colour]", title="Pixels, normalized", equation=f"({divided} − mean) ÷ std"),
        stage("patch_embedding[patch, model]", Contract(), "normalized[patch, value]", "W_patch[value, model]",
              "b_patch[model]", title="Patches, times W_patch", equation="normalized · W_patch + b_patch"),
        stage("joined[position, model]", Prepend(), "W_cls[model]", "patch_embedding[patch, model]", inline=True,
              title="The class token before the patches", equation="W_cls, then each patch"),
        stage("embedding[position, model]", Add(), "joined[position, model]", "W_pos[place, model]",
              title="Patch and place added", equation="x = patch + W_pos[place]"),
    ]  # fmt: skip


def label_stages(config: ModelConfig) -> list[Stage]:
    """The logits of the labels, read off the class token."""
    bias = ["b_U[vocab]"] if "b_U" in config.biases else []
    return [
        stage("class[model]", First(), "contextual[position, model]", title="The class token",
              equation="contextual of [CLS]"),
        stage("logits[vocab]", Contract(), "class[model]", "W_U[vocab, model]", *bias, title="Logits of the labels",
              equation="logits = class · W_U" + (" + b_U" if bias else "")),
    ]  # fmt: skip
