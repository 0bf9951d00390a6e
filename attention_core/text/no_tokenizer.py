"""The tokenizer of a model that has none: ids can be run, texts cannot."""

from collections.abc import Sequence
from typing import NoReturn

from attention_core.errors import InputError
from attention_core.text.tokenizer import Token


class NoTokenizer:
    """What a model has in place of a tokenizer when its folder has none; a text is an InputError."""

    def _refuse(self) -> NoReturn:
        raise InputError(
            "This model has no tokenizer: its folder has no tokenizer.json, vocab.txt, vocab.json with merges.txt, or "
            "sentencepiece model. Give token ids, or add the files of its tokenizer."
        )

    def encode(self, text: str) -> tuple[Token, ...]:
        """InputError: a text cannot be read."""
        self._refuse()

    def piece(self, id: int) -> str:
        """An id in angle brackets, such as "<17>"."""
        return f"<{id}>"

    def readable_pieces(self, pieces: Sequence[str]) -> list[str]:
        """The names, unchanged."""
        return list(pieces)

    def extended_text(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """InputError: ids have no text."""
        self._refuse()

    def extension_tokens(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """InputError: ids have no text."""
        self._refuse()

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """InputError: ids have no text."""
        self._refuse()

    @property
    def special_ids(self) -> frozenset[int]:
        """No ids."""
        return frozenset()
