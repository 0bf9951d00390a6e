"""Images as a model reads them: their size, the patches they are cut into, and what is done to every pixel.

Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.errors import InputError

COLOURS = ("red", "green", "blue")
CLASS = "[CLS]"


@dataclass(frozen=True)
class ImageInput:
    """What a model reads of an image: its size, and (p / divisor - mean) / std of every pixel value p.

    height, width:             of the image, in pixels
    patch_height, patch_width: of a patch; what is left over on the right and below is not read
    divisor:   what a pixel value, 0 to 255, is divided by
    mean, std: one for each colour
    filter:    the filter that brings any image to this size; here images have it already
    """

    height: int
    width: int
    patch_height: int
    patch_width: int
    divisor: float = 255.0
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    filter: str = "bilinear"

    @property
    def rows(self) -> int:
        """Patches from top to bottom."""
        return self.height // self.patch_height

    @property
    def columns(self) -> int:
        """Patches from left to right."""
        return self.width // self.patch_width

    @property
    def patches(self) -> int:
        """How many patches there are."""
        return self.rows * self.columns

    @property
    def values(self) -> int:
        """How many numbers a patch has: three for each of its pixels."""
        return len(COLOURS) * self.patch_height * self.patch_width

    def cut(self, image: np.ndarray) -> Array:
        """An image's pixel values, patch by patch, in each colour by colour, row by row.

            values[row * columns + column, (colour * patch_height + y) * patch_width + x]
                = image[row * patch_height + y, column * patch_width + x, colour]

        image:   [height, width, 3], whole numbers from 0 to 255
        returns: [patch, value]
        Raises InputError that says what is expected, for anything else.
        """
        image = np.asarray(image)
        expected = (self.height, self.width, len(COLOURS))
        if image.shape != expected or image.dtype != np.uint8:
            raise InputError(
                f"This model reads images of shape {list(expected)} and type uint8, got {list(image.shape)} and "
                f"{image.dtype}."
            )
        read = image[: self.rows * self.patch_height, : self.columns * self.patch_width]
        parted = read.reshape(self.rows, self.patch_height, self.columns, self.patch_width, len(COLOURS))
        flat = parted.transpose(0, 2, 4, 1, 3).reshape(self.patches, self.values)
        return frozen(flat.astype(np.float32))

    def joined(self, values: Array) -> np.ndarray:
        """The part of the image that was cut, whole again: [rows * patch_height, columns * patch_width, 3], uint8."""
        parted = values.reshape(self.rows, self.columns, len(COLOURS), self.patch_height, self.patch_width)
        height, width = self.rows * self.patch_height, self.columns * self.patch_width
        return parted.transpose(0, 3, 1, 4, 2).reshape(height, width, len(COLOURS)).astype(np.uint8)

    def pixel(self, patch: int, value: int) -> tuple[int, int, str]:
        """Where a value of a patch stands in the image: its row and column in pixels, and its colour."""
        colour, place = divmod(value, self.patch_height * self.patch_width)
        y, x = divmod(place, self.patch_width)
        row, column = divmod(patch, self.columns)
        return row * self.patch_height + y, column * self.patch_width + x, COLOURS[colour]

    def name(self, position: int) -> str:
        """The token at a position: the class token first, then the patches by row and column, counted from 0."""
        if position == 0:
            return CLASS
        row, column = divmod(position - 1, self.columns)
        return f"r{row} c{column}"
