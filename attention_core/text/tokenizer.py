"""Text to ids and pieces, each with the place in the text where it stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer as Backend

from attention_core.errors import CheckpointError
from attention_core.files import file_errors
from attention_core.text.pieces import alphabet_of, spelled

REPLACEMENT = "\ufffd"
TOKENIZER = "tokenizer.json"
# What sentencepiece writes; Marian's repositories have a pair of them, and no other tokenizer.
SENTENCEPIECE = ("source.spm", "target.spm", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")


@dataclass(frozen=True)
class Token:
    """One piece of a text, as the model sees it.

    id:      its number in the vocabulary
    piece:   its name in the vocabulary, such as "##ing"
    start, end: where it stands in the text; both 0 for a special token
    special: added by the tokenizer, such as [CLS]
    unknown: the vocabulary has no piece for what stands there
    """

    id: int
    piece: str
    start: int
    end: int
    special: bool
    unknown: bool


def lacking(file: str, files: Collection[str]) -> str:
    """What there is to say of a file that is not among a model's, where its tokenizer is there in another form."""
    others = [each for each in SENTENCEPIECE if each in files]
    if file != TOKENIZER or not others:
        return ""
    return (
        f" Its tokenizer is there as {' and '.join(others)}, which is not read: a {TOKENIZER} is needed. Convert it, "
        "or choose a copy of the model that has one."
    )


class Reader(Protocol):
    """What makes tokens of what a model reads."""

    def encode(self, text: str) -> tuple[Token, ...]:
        """The pieces of a text; InputError when the model does not read texts."""

    def piece(self, id: int) -> str:
        """The name of an id."""

    def spelled(self, pieces: Sequence[str]) -> list[str]:
        """What each of some pieces that follow one another reads as."""

    def followed(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """A text followed by what some more tokens stand for; InputError when the model does not read texts."""

    def following(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """Those tokens, with their places in that text; InputError when the model does not read texts."""

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """The text that ids stand for, and their places in it; InputError when the model does not read texts."""

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of the tokens that stand for nothing that was given."""


class Tokenizer:
    """A tokenizer read from a `tokenizer.json`; it never pads and never cuts."""

    def __init__(self, path: Path) -> None:
        with file_errors():
            raw = path.read_bytes()
        try:
            self._backend = Backend.from_buffer(raw)
        except Exception as error:  # the backend raises bare Exception for every kind of broken file
            why = str(error).removeprefix("Cannot instantiate Tokenizer from buffer: ")
            raise CheckpointError(f"{path.name} is not a tokenizer: {why}") from error
        self._backend.no_truncation()
        self._backend.no_padding()
        unknown = getattr(self._backend.model, "unk_token", None)
        self._alphabet = alphabet_of(self._backend.decoder)
        self._unknown_id = self._backend.token_to_id(unknown) if unknown else None
        added = self._backend.get_added_tokens_decoder()
        self._names = frozenset(token.content for token in added.values())
        self._special_ids = frozenset(id for id, token in added.items() if token.special)

    def encode(self, text: str) -> tuple[Token, ...]:
        """The pieces of a text, special tokens included; a lone surrogate is read as U+FFFD."""
        encoding = self._backend.encode(without_surrogates(text))
        columns = zip(encoding.ids, encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True)
        return tuple(
            Token(id, piece, start, end, bool(special) and start == end, id == self._unknown_id)
            for id, piece, (start, end), special in columns
        )

    def decode(self, ids: Sequence[int]) -> tuple[str, tuple[Token, ...]]:
        """The text that ids stand for, and the place of each in it; a special token has none."""
        return self.followed("", (), ids), self.following("", (), ids)

    def piece(self, id: int) -> str:
        """The name of an id in the vocabulary."""
        return self._backend.id_to_token(id) or f"<{id}>"

    def spelled(self, pieces: Sequence[str]) -> list[str]:
        """What each of some pieces that follow one another reads as; names of special tokens stay as they are."""
        return spelled(pieces, self._alphabet, self._names)

    def followed(self, text: str, ids: Sequence[int], more: Sequence[int]) -> str:
        """A text, as it was typed, followed by what some more tokens stand for after it.

        ids: the text's own; special tokens stand for nothing
        """
        before, whole = self._backend.decode(list(ids)), self._backend.decode([*ids, *more])
        if whole.startswith(before):
            return text + whole.removeprefix(before)
        return text + self._backend.decode(list(more))

    def following(self, text: str, ids: Sequence[int], more: Sequence[int]) -> tuple[Token, ...]:
        """The tokens that follow a text, with their places in the text that is `followed` by them.

        Those that hold parts of a character all stand where it does; special tokens stand nowhere.
        """
        whole, reached = self.followed(text, ids, more), len(text)
        tokens: list[Token] = []
        parts = 0  # so many of the last tokens hold the beginning of a character that is not whole yet
        for count, id in enumerate(more, 1):
            now = self.followed(text, ids, more[:count])
            end = max(reached, shared(whole, now))
            start = end - len(whole[reached:end].lstrip())
            tokens.append(Token(id, self.piece(id), start, end, id in self.special_ids, id == self._unknown_id))
            if end > reached:
                for at in range(count - 1 - parts, count - 1):
                    tokens[at] = replace(tokens[at], start=start, end=start + 1)
            parts = parts + 1 if end == reached and now.endswith(REPLACEMENT) else 0
            reached = end
        return tuple(tokens)

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of the tokens that the vocabulary marks as special."""
        return self._special_ids


def without_surrogates(text: str) -> str:
    """The text with every lone surrogate, which is no character, replaced by U+FFFD; the length is kept."""
    return "".join(REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in text)


def shared(a: str, b: str) -> int:
    """How many characters two texts begin with alike."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
