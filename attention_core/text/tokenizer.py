"""From text to tokens: ids, pieces, and their positions in the text."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer as Backend

from attention_core.errors import TokenizerError, is_panic
from attention_core.files import file_errors, read_object
from attention_core.surrogates import REPLACEMENT, without_surrogates
from attention_core.text.pieces import alphabet_of, readable_pieces
from attention_core.text.tokenizer_limits import check_tokenizer, regular_expressions

UNUSED = "\ue000"  # a character without meaning, at which a match of what is before it fails
# Regular expressions are tried on a run of each of these characters, and of the first ones in the expressions.
TRIAL_CHARACTERS, MAX_TRIALS = "a1. \n中", 24
REGEX_SYNTAX = re.compile(r"\\[pP]\{.*?\}|\\.|[][(){}?*+|^$:.,-]", re.DOTALL)
TRIAL_LENGTHS = tuple(1 << n for n in range(4, 13))  # ascending: what takes far too long is refused at a short one
TRIAL_SECONDS = 0.2  # of processor time; published tokenizers take about 0.002
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class Token:
    """One token of a text.

    id:         its index in the vocabulary
    piece:      its name in the vocabulary, such as "##ing"
    start, end: its span of characters in the text; both 0 for a special token
    special:    added by the tokenizer, such as [CLS]
    unknown:    the vocabulary has no piece for these characters
    placed:     whether its span is known; a tokenizer in Python does not give it, and both are 0
    """

    id: int
    piece: str
    start: int
    end: int
    special: bool
    unknown: bool
    placed: bool = True


class TokenizerProtocol(Protocol):
    """The interface of a model's tokenizer; that of an image model raises InputError where it would need text."""

    def encode(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text."""

    def piece(self, id: int) -> str:
        """The name of an id."""

    def readable_pieces(self, pieces: Sequence[str]) -> list[str]:
        """Consecutive pieces as readable text."""

    def extended_text(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """The text followed by the decoded tokens `more`."""

    def extension_tokens(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """The tokens `more`, with their positions in the extended text."""

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """The decoded text, and its tokens with their positions in it."""

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of the special tokens."""


def read_tokenizer_json(path: Path) -> "Tokenizer":
    """The tokenizer of a `tokenizer.json` alone, without the settings of other files."""
    with file_errors():
        raw = path.read_bytes()
    return build_tokenizer(read_object(raw, path.name, TokenizerError), raw, path.name)


def build_tokenizer(content: Mapping[str, Any], raw: bytes, name: str) -> "Tokenizer":
    """The tokenizer of a `tokenizer.json`, given parsed and as bytes; `name` is that of its file, for errors."""
    check_tokenizer(content)
    with backend_errors(f"{name} is not a tokenizer"):
        backend = Backend.from_buffer(raw)
    return Tokenizer(backend, content)


class Tokenizer:
    """A tokenizer of the package `tokenizers`; it neither pads nor truncates."""

    def __init__(self, backend: Backend, content: Mapping[str, Any]) -> None:
        """content: that of its `tokenizer.json`, within the limits"""
        self._backend = backend
        self._backend.no_truncation()
        self._backend.no_padding()
        unknown = getattr(self._backend.model, "unk_token", None)
        self._alphabet = alphabet_of(self._backend.decoder)
        self._unknown_id = self._backend.token_to_id(unknown) if unknown else None
        added = self._backend.get_added_tokens_decoder()
        self._names = frozenset(token.content for token in added.values())
        self._special_ids = frozenset(id for id, token in added.items() if token.special)
        self._try(content)

    def _try(self, content: Mapping[str, Any]) -> None:
        """TokenizerError when special tokens cannot be added to a text, or a regular expression takes too long."""
        self._decode([token.id for token in self.encode("")])
        if expressions := regular_expressions(content):
            literals = dict.fromkeys(REGEX_SYNTAX.sub("", "".join(expressions)))
            for character in (*TRIAL_CHARACTERS, *list(literals)[:MAX_TRIALS]):
                for length in TRIAL_LENGTHS:
                    self._try_text(character * length + UNUSED)

    def _try_text(self, text: str) -> None:
        """TokenizerError when a text takes too long; that it has characters without a token is no error here."""
        start = time.thread_time()
        with backend_errors("The tokenizer fails on a text"), suppress(Exception):
            self._backend.decode(self._backend.encode(text).ids)
        if time.thread_time() - start > TRIAL_SECONDS:
            raise TokenizerError(
                f"A regular expression of the tokenizer takes more than {TRIAL_SECONDS} s for {len(text)} characters."
            )

    def encode(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text, special tokens included; a lone surrogate is read as U+FFFD."""
        with backend_errors("The tokenizer cannot read this text"):
            encoding = self._backend.encode(without_surrogates(text))
        columns = zip(encoding.ids, encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True)
        return tuple(
            Token(id, piece, start, end, bool(special) and start == end, id == self._unknown_id)
            for id, piece, (start, end), special in columns
        )

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """The text that ids stand for, and their tokens with positions in it; special tokens have none."""
        return self.extended_text("", (), ids), self.extension_tokens("", (), ids)

    def piece(self, id: int) -> str:
        """The name of an id in the vocabulary."""
        return self._backend.id_to_token(id) or f"<{id}>"

    def readable_pieces(self, pieces: Sequence[str]) -> list[str]:
        """Consecutive pieces as readable text; names of special tokens are left as they are."""
        return readable_pieces(pieces, self._alphabet, self._names)

    def extended_text(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """The text, as typed, followed by the decoded tokens `more`.

        ids: the text's token ids; special tokens decode to nothing
        """
        before, full = self._decode(ids), self._decode([*ids, *more])
        if full.startswith(before):
            return text + full.removeprefix(before)
        return text + self._decode(more)

    def extension_tokens(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """The tokens `more`, with their positions in the text extended by them.

        Tokens that are parts of one character all have its position; special tokens have none.
        """
        extended, reached = self.extended_text(text, ids, more), len(text)
        tokens: list[Token] = []
        parts = 0  # this many of the last tokens are parts of a character that is not complete yet
        for count, id in enumerate(more, 1):
            now = self.extended_text(text, ids, more[:count])
            end = max(reached, common_prefix_length(extended, now))
            start = end - len(extended[reached:end].lstrip())
            tokens.append(Token(id, self.piece(id), start, end, id in self.special_ids, id == self._unknown_id))
            if end > reached:
                for at in range(count - 1 - parts, count - 1):
                    tokens[at] = replace(tokens[at], start=start, end=start + 1)
            parts = parts + 1 if end == reached and now.endswith(REPLACEMENT) else 0
            reached = end
        return tuple(tokens)

    def _decode(self, ids: Sequence[int]) -> str:
        with backend_errors("The tokenizer cannot decode these tokens"):
            return self._backend.decode(list(ids))

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids that the vocabulary marks as special."""
        return self._special_ids


@contextmanager
def backend_errors(problem: str) -> Iterator[None]:
    """Turn an error of the backend, a bare Exception or a panic, into a TokenizerError."""
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, Exception) or is_panic(error)):
            raise
        reason = str(error).removeprefix("Cannot instantiate Tokenizer from buffer: ")
        raise TokenizerError(f"{problem}: {reason}") from error


def common_prefix_length(a: str, b: str) -> int:
    """The length of the common prefix of two texts."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
