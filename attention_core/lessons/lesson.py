"""A worked example: everything that a person can set in it, checked whenever one is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from attention_core.config.masks import Mask, causal_mask
from attention_core.errors import AttentionLabError
from attention_core.lessons.cells import CellError, checked

Matrix = tuple[tuple[float, ...], ...]
Entry = Literal["qkv", "x"]
MaskName = Literal["none", "causal", "padding", "window"]
Weigh = Literal["softmax", "share", "hardmax"]
Form = Literal["decimal", "fraction", "paper"]

MATRICES: Mapping[Entry, tuple[str, ...]] = {"qkv": ("Q", "K", "V"), "x": ("X", "W_Q", "W_K", "W_V", "W_O")}
BY_TOKEN = frozenset({"Q", "K", "V", "X"})  # matrices with a row for each token
TOKENS, DIMENSIONS, HEADS = range(2, 13), range(1, 9), range(1, 5)
MASK_SIZES, DECIMALS = range(13), range(1, 7)
TEMPERATURES = (0.05, 20.0)
LONGEST_WORD = 24  # characters


class LessonError(AttentionLabError):
    """A setting or a number of a worked example is not one it can have."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A small attention layer, and how its results are shown.

    words:       2 to 12 tokens, as labels; they may repeat; up to 24 characters each
    entry:       whether Q, K and V are given, or X and the weights that make them
    n_heads:     1 to 4; the columns of Q, K and V are split evenly between the heads
    numbers:     "Q", "K", "V": [token, dim]; or "X": [token, dim] and "W_Q", "W_K", "W_V", "W_O": [dim, dim];
                 1 to 8 dimensions; each number 0, or from 1e-12 to 1e6 in size
    scaled:      whether the dot products are divided by sqrt(d_head)
    temperature: 0.05 to 20; what the scores are divided by besides
    mask:        which keys a query may not look at, before any cell is flipped
    mask_size:   0 to 12; "padding": how many last tokens are padding; "window": how many tokens far a query sees
    flipped:     (query, key) cells in which the opposite of the mask holds
    weigh:       how a row of scores becomes weights: softmax; each score's share of their sum; all to the largest,
                 divided evenly where several are
    decimals:    1 to 6; form: decimals, fractions where exact, or every intermediate rounded as on paper

    Raises LessonError, which says where.
    """

    words: tuple[str, ...]
    entry: Entry
    n_heads: int
    numbers: Mapping[str, Matrix]
    scaled: bool = True
    temperature: float = 1.0
    mask: MaskName = "none"
    mask_size: int = 1
    flipped: frozenset[tuple[int, int]] = frozenset()
    weigh: Weigh = "softmax"
    decimals: int = 4
    form: Form = "decimal"

    def __post_init__(self) -> None:
        words = _words(self.words)
        _one_of("entry", self.entry, get_args(Entry))
        numbers = _numbers(self.numbers, MATRICES[self.entry], words)
        d = len(numbers[MATRICES[self.entry][0]][0])
        check_whole("n_heads", self.n_heads, HEADS)
        if d % self.n_heads:
            fit = " or ".join(str(n) for n in HEADS if d % n == 0)
            raise LessonError(
                f"n_heads: {d} dimensions cannot be split evenly between {self.n_heads} heads, only {fit}."
            )
        _one_of("scaled", self.scaled, (True, False))
        low, high = TEMPERATURES
        if isinstance(self.temperature, bool | str) or not _between(low, self.temperature, high):
            raise LessonError(f"temperature must be a number from {low:g} to {high:g}, got {_shown(self.temperature)}.")
        _one_of("mask", self.mask, get_args(MaskName))
        check_whole("mask_size", self.mask_size, MASK_SIZES)
        _one_of("weigh", self.weigh, get_args(Weigh))
        check_whole("decimals", self.decimals, DECIMALS)
        _one_of("form", self.form, get_args(Form))
        clean = {"words": words, "numbers": numbers, "flipped": _cells(self.flipped, len(words))}
        for name, value in {**clean, "temperature": float(self.temperature)}.items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        return hash((self.words, self.scaled, self.mask, *self.numbers.values()))

    @property
    def n_tokens(self) -> int:
        """How many tokens there are."""
        return len(self.words)

    @property
    def d(self) -> int:
        """How many dimensions Q, K, V and X have, all heads together."""
        return len(self.numbers[MATRICES[self.entry][0]][0])

    @property
    def d_head(self) -> int:
        """How many of them each head has."""
        return self.d // self.n_heads


def allowed(lesson: Lesson) -> Mask:
    """Which keys each query may look at.

        none: all;  causal: key <= query;  padding: key < n - mask_size;  window: |query - key| <= mask_size

    and the opposite of that in the flipped cells.

    returns: [query, key]
    """
    n, size = lesson.n_tokens, lesson.mask_size
    query, key = np.indices((n, n))
    masks = {
        "none": np.ones((n, n), dtype=bool),
        "causal": causal_mask(np.arange(n), np.arange(n)),
        "padding": key < n - size,
        "window": abs(query - key) <= size,
    }
    mask = masks[lesson.mask]
    for cell in lesson.flipped:
        mask[cell] = ~mask[cell]
    return mask


def shape(name: str, n_tokens: int, d: int) -> tuple[int, int]:
    """How many rows and columns a matrix has."""
    return (n_tokens if name in BY_TOKEN else d), d


def check_whole(name: str, value: Any, within: range) -> None:
    """LessonError unless a setting is a whole number of a range."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in within:
        raise LessonError(f"{name} must be a whole number from {within[0]} to {within[-1]}, got {_shown(value)}.")


def _words(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list | tuple) or len(words) not in TOKENS:
        raise LessonError(f"words must be {TOKENS[0]} to {TOKENS[-1]} texts, got {_shown(words)}.")
    for i, word in enumerate(words):
        if not isinstance(word, str) or len(word) > LONGEST_WORD:
            raise LessonError(f"words[{i}] must be a text of up to {LONGEST_WORD} characters, got {_shown(word)}.")
    return tuple(words)


def _numbers(numbers: Any, names: tuple[str, ...], words: tuple[str, ...]) -> Mapping[str, Matrix]:
    if not isinstance(numbers, Mapping) or set(numbers) != set(names):
        found = ", ".join(sorted(map(str, numbers))) if isinstance(numbers, Mapping) else _shown(numbers)
        raise LessonError(f"numbers must hold exactly {', '.join(names)}, got {found or 'none'}.")
    first = numbers[names[0]]
    row = first[0] if isinstance(first, list | tuple) and first else None
    d = len(row) if isinstance(row, list | tuple) else 0
    if d not in DIMENSIONS:
        low, high = DIMENSIONS[0], DIMENSIONS[-1]
        raise LessonError(f"numbers: {names[0]} must have rows of {low} to {high} numbers, got {_shown(row)}.")
    return MappingProxyType({name: _matrix(name, numbers[name], words, d) for name in names})


def _matrix(name: str, rows: Any, words: tuple[str, ...], d: int) -> Matrix:
    n_rows, n_columns = shape(name, len(words), d)
    reason = "one for each word" if name in BY_TOKEN else "one for each dimension"
    if not isinstance(rows, list | tuple) or len(rows) != n_rows:
        raise LessonError(f"numbers: {name} must have {n_rows} rows, {reason}, got {_shown(rows)}.")
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != n_columns:
            raise LessonError(f"numbers: {name}[{i}] must be a row of {n_columns} numbers, got {_shown(row)}.")
    return tuple(tuple(_number(f"{name}[{i}, {j}]", x) for j, x in enumerate(row)) for i, row in enumerate(rows))


def _number(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LessonError(f"numbers: {place} must be a number, got {_shown(value)}.")
    try:
        return checked(value)
    except CellError as error:
        raise LessonError(f"numbers: {place}: {error}") from None


def _cells(flipped: Any, n_tokens: int) -> frozenset[tuple[int, int]]:
    if not isinstance(flipped, list | tuple | set | frozenset):
        raise LessonError(f"flipped must be a list of [query, key] cells, got {_shown(flipped)}.")
    for cell in flipped:
        if not isinstance(cell, list | tuple) or len(cell) != 2:
            raise LessonError(f"flipped must hold [query, key] cells, got {_shown(cell)}.")
        for axis, i in zip(("query", "key"), cell, strict=True):
            check_whole(f"flipped: the {axis} of a cell", i, range(n_tokens))
    return frozenset((int(query), int(key)) for query, key in flipped)


def _one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise LessonError(f"{name} must be one of {', '.join(map(str, choices))}, got {_shown(value)}.")


def _between(low: float, value: Any, high: float) -> bool:
    return isinstance(value, int | float) and low <= value <= high


def _shown(value: Any) -> str:
    """What was found, short enough for a message."""
    if isinstance(value, list | tuple | Mapping):
        return f"{len(value)} of them" if value else "none"
    text = f"“{value}”" if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
