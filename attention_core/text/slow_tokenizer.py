"""Tokenizers written in Python: they give ids and pieces, but no positions in the text."""

import threading
from collections.abc import Sequence
from typing import Any

from attention_core.surrogates import without_surrogates
from attention_core.text.pieces import SPACE, Alphabet
from attention_core.text.tokenizer import Token, Tokenizer, backend_errors

LOCK = threading.Lock()
"""A tokenizer in Python switches between the source's and the target's vocabulary while it reads a text."""


class SlowTokenizer(Tokenizer):
    """A tokenizer of `transformers` that has no offsets: its tokens are not placed in the text.

    target: whether it reads the texts of a decoder
    """

    def __init__(self, auto: Any, target: bool = False) -> None:
        self._auto, self._side = auto, "text_target" if target else "text"
        self._alphabet: Alphabet = "spaces" if SPACE in "".join(self._pieces("a")) else "none"
        self._unknown_id = auto.unk_token_id
        self._names = frozenset(auto.all_special_tokens) | frozenset(auto.get_added_vocab())
        self._special_ids = frozenset(auto.all_special_ids)

    def for_target(self) -> "SlowTokenizer":
        """The same tokenizer for the texts of a decoder."""
        return SlowTokenizer(self._auto, target=True)

    def _read(self, text: str) -> tuple[list[int], list[int]]:
        """The ids of a text, and 1 for each special token that was added."""
        with LOCK, backend_errors("The tokenizer cannot read this text"):
            read = self._auto(**{self._side: text}, return_special_tokens_mask=True, verbose=False)
        return read["input_ids"], read["special_tokens_mask"]

    def _pieces(self, text: str) -> list[str]:
        return [self.piece(id) for id in self._read(text)[0]]

    def encode(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text, special tokens included, without their positions."""
        ids, special = self._read(without_surrogates(text))
        return tuple(Token(id, self.piece(id), 0, 0, bool(added), id == self._unknown_id, bool(added))
                     for id, added in zip(ids, special, strict=True))  # fmt: skip

    def piece(self, id: int) -> str:
        """The name of an id in the vocabulary."""
        with backend_errors("The tokenizer cannot decode this token"):
            return self._auto.convert_ids_to_tokens(id) or f"<{id}>"

    def _decode(self, ids: Sequence[int]) -> str:
        with LOCK, backend_errors("The tokenizer cannot decode these tokens"):
            return self._auto.decode(list(ids), skip_special_tokens=True)
