"""Images as model input: their size, their patches, and the normalization of their pixels.

Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.errors import InputError

COLOURS = ("red", "green", "blue")
CLASS_TOKEN = "[CLS]"


@dataclass(frozen=True)
class ImageInput:
    """The image input of a model; every pixel value becomes (pixel / divisor - mean) / std.

    height, width:             of the image, in pixels
    patch_height, patch_width: of a patch, in pixels; a remainder on the right or at the bottom is ignored
    divisor:   the divisor of pixel values, which are 0 to 255
    mean, std: one per colour
    filter:    the filter used to resize images to this size; images passed here already have it
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
        """The number of patches from top to bottom."""
        return self.height // self.patch_height

    @property
    def columns(self) -> int:
        """The number of patches from left to right."""
        return self.width // self.patch_width

    @property
    def n_patches(self) -> int:
        """The number of patches."""
        return self.rows * self.columns

    @property
    def n_values(self) -> int:
        """The number of values in a patch: three per pixel."""
        return len(COLOURS) * self.patch_height * self.patch_width

    def patchify(self, image: np.ndarray) -> Array:
        """The pixel values of an image by patch; within a patch by colour, then row by row.

            values[row * columns + column, (colour * patch_height + y) * patch_width + x]
                = image[row * patch_height + y, column * patch_width + x, colour]

        image:   [height, width, 3], uint8
        returns: [patch, value]
        Raises InputError for any other shape or type.
        """
        image = np.asarray(image)
        expected = (self.height, self.width, len(COLOURS))
        if image.shape != expected or image.dtype != np.uint8:
            raise InputError(
                f"This model reads images of shape {list(expected)} and type uint8, got {list(image.shape)} and "
                f"{image.dtype}."
            )
        cropped = image[: self.rows * self.patch_height, : self.columns * self.patch_width]
        patches = cropped.reshape(self.rows, self.patch_height, self.columns, self.patch_width, len(COLOURS))
        flat = patches.transpose(0, 2, 4, 1, 3).reshape(self.n_patches, self.n_values)
        return frozen(flat.astype(np.float32))

    def unpatchify(self, values: Array) -> np.ndarray:
        """The image that patches were cut from: [rows * patch_height, columns * patch_width, 3], uint8."""
        patches = values.reshape(self.rows, self.columns, len(COLOURS), self.patch_height, self.patch_width)
        height, width = self.rows * self.patch_height, self.columns * self.patch_width
        return patches.transpose(0, 3, 1, 4, 2).reshape(height, width, len(COLOURS)).astype(np.uint8)

    def locate_pixel(self, patch: int, value: int) -> tuple[int, int, str]:
        """The position of a patch's value in the image: its row and column in pixels, and its colour."""
        colour, pixel = divmod(value, self.patch_height * self.patch_width)
        y, x = divmod(pixel, self.patch_width)
        row, column = divmod(patch, self.columns)
        return row * self.patch_height + y, column * self.patch_width + x, COLOURS[colour]

    def token_name(self, position: int) -> str:
        """The name of the token at a position: the class token first, then the patches by row and column from 0."""
        if position == 0:
            return CLASS_TOKEN
        row, column = divmod(position - 1, self.columns)
        return f"r{row} c{column}"
