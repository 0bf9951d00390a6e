"""A model whose tokens are the patches of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attention_core.config.image import CLASS_TOKEN, ImageInput
from attention_core.errors import InputError
from attention_core.model import Model
from attention_core.text.tokenizer import Token
from attention_core.trace import Trace

NO_TEXT = "This model reads images, not texts."


@dataclass(frozen=True)
class Patches:
    """The tokenizer of an image model: ids are positions, and pieces are named by row and column."""

    image: ImageInput

    def encode(self, text: str) -> tuple[Token, ...]:
        """InputError: an image model has no text."""
        raise InputError(NO_TEXT)

    def piece(self, id: int) -> str:
        """The name of a position: "[CLS]", "r0 c0", "r0 c1" …"""
        return self.image.token_name(id)

    def readable_pieces(self, pieces: Sequence[str]) -> list[str]:
        """The names, unchanged."""
        return list(pieces)

    def extended_text(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """InputError: an image cannot be continued."""
        raise InputError(NO_TEXT)

    def extension_tokens(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """InputError: an image cannot be continued."""
        raise InputError(NO_TEXT)

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """InputError: patches have no text."""
        raise InputError(NO_TEXT)

    @property
    def special_ids(self) -> frozenset[int]:
        """The position of the class token."""
        return frozenset({0})

    def tokens(self) -> tuple[Token, ...]:
        """The tokens of any image."""
        names = map(self.image.token_name, range(1 + self.image.n_patches))
        return tuple(Token(i, name, 0, 0, name == CLASS_TOKEN, False) for i, name in enumerate(names))


@dataclass(frozen=True, repr=False)
class ImageModel(Model):
    """An image model, ready to run; immutable, so it can be shared. Its tokens are "[CLS]" and the patches.

    image: the sizes of the image and its patches

    Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
    """

    @property
    def image(self) -> ImageInput:
        """The sizes of the image and its patches."""
        if self.config.image is None:
            raise InputError(f"{self.name} reads texts, not images.")
        return self.config.image

    def trace(
        self, image: np.ndarray | str | None = None, *,
        ids: Sequence[int] | None = None, attention_mask: Sequence[bool] | None = None,
    ) -> Trace:  # fmt: skip
        """Run the model over an image, and keep the residual stream.

        image:          [height, width, 3], uint8, in the model's image size
        attention_mask: [position], the class token first; False for tokens that no token may attend to
        Raises InputError for an image of another size or type, and for a text or ids.
        """
        try:
            pixels = None if image is None or isinstance(image, str) or ids is not None else np.asarray(image)
        except ValueError:  # rows of different lengths
            pixels = None
        if pixels is None:
            raise InputError(f"{self.name} reads images: give one as an array [height, width, 3] of uint8.")
        return self.run("", Patches(self.image).tokens(), attention_mask, pixels=self.image.patchify(pixels))
