"""A worked example: all its settings and numbers, validated on construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from attention_core.config.masks import Mask, causal_mask
from attention_core.errors import AttentionLabError
from attention_core.lessons.cells import CellError, check_value
from attention_core.surrogates import without_surrogates

MatrixRows = tuple[tuple[float, ...], ...]
Entry = Literal["qkv", "x"]
MaskName = Literal["none", "causal", "padding", "window"]
WeightRule = Literal["softmax", "share", "hardmax"]
Form = Literal["decimal", "fraction", "paper"]

MATRICES: Mapping[Entry, tuple[str, ...]] = {"qkv": ("Q", "K", "V"), "x": ("X", "W_Q", "W_K", "W_V", "W_O")}
BY_TOKEN = frozenset({"Q", "K", "V", "X"})  # matrices with a row for each token
TOKENS, DIMENSIONS, HEADS = range(2, 13), range(1, 9), range(1, 5)
MASK_SIZES, DECIMALS = range(13), range(1, 7)
TEMPERATURES = (0.05, 20.0)
LONGEST_WORD = 24  # characters


class LessonError(AttentionLabError):
    """A setting or a number of a worked example is invalid."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A small attention layer, and how its results are shown.

    words:       2 to 12 token labels of up to 24 characters, which may repeat; a lone surrogate becomes U+FFFD
    entry:       "qkv": the inputs are Q, K and V; "x": they are X and its weights
    n_heads:     1 to 4; the columns of Q, K and V are split evenly among the heads
    numbers:     "Q", "K", "V": [token, dim]; or "X": [token, dim] and "W_Q", "W_K", "W_V", "W_O": [dim, dim];
                 1 to 8 dimensions; each number 0, or of magnitude 1e-12 to 1e6
    scaled:      whether the dot products are divided by sqrt(d_head)
    temperature: 0.05 to 20; also divides the scores
    mask:        the mask, before cells are flipped
    mask_size:   0 to 12; "padding": the number of last tokens that are padding; "window": how many tokens away a query
                 attends
    flipped:     (query, key) cells in which the opposite of the mask applies
    weigh:       how a row of scores becomes weights: "softmax"; "share": divide by the sum; "hardmax": argmax, shared
                 equally among ties
    decimals:    1 to 6
    form:        "decimal"; "fraction", where exact; "paper": every intermediate result rounded as on paper

    Raises LessonError, which names the setting.
    """

    words: tuple[str, ...]
    entry: Entry
    n_heads: int
    numbers: Mapping[str, MatrixRows]
    scaled: bool = True
    temperature: float = 1.0
    mask: MaskName = "none"
    mask_size: int = 1
    flipped: frozenset[tuple[int, int]] = frozenset()
    weigh: WeightRule = "softmax"
    decimals: int = 4
    form: Form = "decimal"

    def __post_init__(self) -> None:
        words = _check_words(self.words)
        _check_choice("entry", self.entry, get_args(Entry))
        numbers = _check_numbers(self.numbers, MATRICES[self.entry], words)
        d = len(numbers[MATRICES[self.entry][0]][0])
        check_whole("n_heads", self.n_heads, HEADS)
        if d % self.n_heads:
            fit = " or ".join(str(n) for n in HEADS if d % n == 0)
            raise LessonError(
                f"n_heads: {d} dimensions cannot be split evenly among {self.n_heads} heads, only among {fit}."
            )
        _check_choice("scaled", self.scaled, (True, False))
        low, high = TEMPERATURES
        if isinstance(self.temperature, bool | str) or not _between(low, self.temperature, high):
            raise LessonError(f"temperature must be a number from {low:g} to {high:g}, got {_brief(self.temperature)}.")
        _check_choice("mask", self.mask, get_args(MaskName))
        check_whole("mask_size", self.mask_size, MASK_SIZES)
        _check_choice("weigh", self.weigh, get_args(WeightRule))
        check_whole("decimals", self.decimals, DECIMALS)
        _check_choice("form", self.form, get_args(Form))
        clean = {"words": words, "numbers": numbers, "flipped": _check_cells(self.flipped, len(words))}
        for name, value in {**clean, "temperature": float(self.temperature)}.items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        return hash((self.words, self.scaled, self.mask, *self.numbers.values()))

    @property
    def n_tokens(self) -> int:
        """The number of tokens."""
        return len(self.words)

    @property
    def d(self) -> int:
        """The number of dimensions of Q, K, V and X, all heads together."""
        return len(self.numbers[MATRICES[self.entry][0]][0])

    @property
    def d_head(self) -> int:
        """The number of dimensions of each head."""
        return self.d // self.n_heads


def allowed(lesson: Lesson) -> Mask:
    """The mask: which keys each query may attend to.

        none: all;  causal: key <= query;  padding: key < n - mask_size;  window: |query - key| <= mask_size

    and the opposite in the flipped cells.

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
    """The number of rows and columns of a matrix."""
    return (n_tokens if name in BY_TOKEN else d), d


def check_whole(name: str, value: Any, within: range) -> None:
    """LessonError unless a setting is a whole number within a range."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in within:
        raise LessonError(f"{name} must be a whole number from {within[0]} to {within[-1]}, got {_brief(value)}.")


def _check_words(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list | tuple) or len(words) not in TOKENS:
        raise LessonError(f"words must be {TOKENS[0]} to {TOKENS[-1]} strings, got {_brief(words)}.")
    for i, word in enumerate(words):
        if not isinstance(word, str) or len(word) > LONGEST_WORD:
            raise LessonError(f"words[{i}] must be a string of up to {LONGEST_WORD} characters, got {_brief(word)}.")
    return tuple(map(without_surrogates, words))


def _check_numbers(numbers: Any, names: tuple[str, ...], words: tuple[str, ...]) -> Mapping[str, MatrixRows]:
    if not isinstance(numbers, Mapping) or set(numbers) != set(names):
        found = ", ".join(sorted(map(str, numbers))) if isinstance(numbers, Mapping) else _brief(numbers)
        raise LessonError(f"numbers must have exactly {', '.join(names)}, got {found or 'none'}.")
    first = numbers[names[0]]
    row = first[0] if isinstance(first, list | tuple) and first else None
    d = len(row) if isinstance(row, list | tuple) else 0
    if d not in DIMENSIONS:
        low, high = DIMENSIONS[0], DIMENSIONS[-1]
        raise LessonError(f"numbers: {names[0]} must have rows of {low} to {high} numbers, got {_brief(row)}.")
    return MappingProxyType({name: _check_matrix(name, numbers[name], words, d) for name in names})


def _check_matrix(name: str, rows: Any, words: tuple[str, ...], d: int) -> MatrixRows:
    n_rows, n_columns = shape(name, len(words), d)
    reason = "one for each word" if name in BY_TOKEN else "one for each dimension"
    if not isinstance(rows, list | tuple) or len(rows) != n_rows:
        raise LessonError(f"numbers: {name} must have {n_rows} rows, {reason}, got {_brief(rows)}.")
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != n_columns:
            raise LessonError(f"numbers: {name}[{i}] must be a row of {n_columns} numbers, got {_brief(row)}.")
    return tuple(tuple(_check_number(f"{name}[{i}, {j}]", x) for j, x in enumerate(row)) for i, row in enumerate(rows))


def _check_number(cell: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LessonError(f"numbers: {cell} must be a number, got {_brief(value)}.")
    try:
        return check_value(value)
    except CellError as error:
        raise LessonError(f"numbers: {cell}: {error}") from None


def _check_cells(flipped: Any, n_tokens: int) -> frozenset[tuple[int, int]]:
    if not isinstance(flipped, list | tuple | set | frozenset):
        raise LessonError(f"flipped must be a list of [query, key] cells, got {_brief(flipped)}.")
    for cell in flipped:
        if not isinstance(cell, list | tuple) or len(cell) != 2:
            raise LessonError(f"flipped must contain [query, key] cells, got {_brief(cell)}.")
        for axis, i in zip(("query", "key"), cell, strict=True):
            check_whole(f"flipped: the {axis} of a cell", i, range(n_tokens))
    return frozenset((int(query), int(key)) for query, key in flipped)


def _check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise LessonError(f"{name} must be one of {', '.join(map(str, choices))}, got {_brief(value)}.")


def _between(low: float, value: Any, high: float) -> bool:
    return isinstance(value, int | float) and low <= value <= high


def _brief(value: Any) -> str:
    """A value, short enough for a message."""
    if isinstance(value, list | tuple | Mapping):
        return f"{len(value)} of them" if value else "none"
    text = f"“{value}”" if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
