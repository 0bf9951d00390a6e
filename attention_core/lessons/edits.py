"""Edits of a worked example, each of which returns a new one.

A setting that does not affect others is changed with `dataclasses.replace`. Every edit raises LessonError when its
result would not be a valid lesson.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from attention_core.lessons.cells import SMALLEST
from attention_core.lessons.lesson import (
    DIMENSIONS,
    TOKENS,
    Entry,
    Lesson,
    LessonError,
    MaskName,
    MatrixRows,
    check_whole,
    shape,
)
from attention_core.lessons.presets import preset


def with_number(lesson: Lesson, name: str, row: int, column: int, value: float) -> Lesson:
    """The lesson with one number changed."""
    rows = [list(each) for each in _get_matrix(lesson, name)]
    if not (0 <= row < len(rows) and 0 <= column < lesson.d):
        raise LessonError(f"There is no {name}[{row}, {column}]: {name} is {len(rows)} × {lesson.d}.")
    rows[row][column] = value
    return _with_matrices(lesson, {name: tuple(map(tuple, rows))})


def with_word(lesson: Lesson, token: int, word: str) -> Lesson:
    """The lesson with one token renamed."""
    if token not in range(lesson.n_tokens):
        raise LessonError(f"There is no word {token}: there are {lesson.n_tokens}, counted from 0.")
    return replace(lesson, words=(*lesson.words[:token], word, *lesson.words[token + 1 :]))


def with_tokens(lesson: Lesson, n_tokens: int) -> Lesson:
    """The lesson without its last tokens, or with new ones whose numbers are 0."""
    check_whole("The number of words", n_tokens, TOKENS)
    new = tuple(f"word {i + 1}" for i in range(lesson.n_tokens, n_tokens))
    numbers = {name: _resized(rows, shape(name, n_tokens, lesson.d)) for name, rows in lesson.numbers.items()}
    flipped = frozenset(cell for cell in lesson.flipped if max(cell) < n_tokens)
    return replace(lesson, words=lesson.words[:n_tokens] + new, numbers=numbers, flipped=flipped)


def with_dimensions(lesson: Lesson, d: int) -> Lesson:
    """The lesson without its last dimensions, or with new ones whose numbers are 0."""
    check_whole("The number of dimensions", d, DIMENSIONS)
    numbers = {name: _resized(rows, shape(name, lesson.n_tokens, d)) for name, rows in lesson.numbers.items()}
    return replace(lesson, numbers=numbers)


def with_heads(lesson: Lesson, n_heads: int) -> Lesson:
    """The lesson with its columns split among `n_heads` heads."""
    return replace(lesson, n_heads=n_heads)


def with_mask(lesson: Lesson, mask: MaskName, mask_size: int) -> Lesson:
    """The lesson with another mask, without flipped cells."""
    return replace(lesson, mask=mask, mask_size=mask_size, flipped=frozenset())


def with_flip(lesson: Lesson, query: int, key: int) -> Lesson:
    """The lesson with one cell of its mask flipped."""
    return replace(lesson, flipped=lesson.flipped ^ {(query, key)})


def with_entry(lesson: Lesson, entry: Entry) -> Lesson:
    """The lesson with other inputs: Q, K and V instead of X and its weights, or the reverse.

        Q = X · W_Q,  K = X · W_K,  V = X · W_V

    as exact products of the decimals, with magnitudes below 1e-12 as 0; W_O is dropped. The reverse is not unique: "x"
    starts from the preset "heads", and keeps only the display settings.
    """
    if entry == lesson.entry:
        return lesson
    if entry == "x":
        return _with_display_of(preset("heads"), lesson)
    x = lesson.numbers["X"]
    return replace(lesson, entry=entry, numbers={name: _product(x, lesson.numbers[f"W_{name}"]) for name in "QKV"})


def reset_number(lesson: Lesson, base: Lesson, name: str, row: int, column: int) -> Lesson:
    """The lesson with one number reset to that of `base`; 0 where `base` is smaller."""
    rows = _get_matrix(base, name)
    inside = 0 <= row < len(rows) and 0 <= column < base.d
    return with_number(lesson, name, row, column, rows[row][column] if inside else 0.0)


def reset_matrix(lesson: Lesson, base: Lesson, name: str) -> Lesson:
    """The lesson with one matrix reset to that of `base`; 0 where `base` is smaller."""
    _get_matrix(lesson, name)
    return _with_matrices(lesson, {name: _resized(_get_matrix(base, name), shape(name, lesson.n_tokens, lesson.d))})


def reset_all(lesson: Lesson, base: Lesson) -> Lesson:
    """`base` with the display settings of the lesson."""
    return _with_display_of(base, lesson)


def _with_display_of(lesson: Lesson, other: Lesson) -> Lesson:
    return replace(lesson, decimals=other.decimals, form=other.form)


def _get_matrix(lesson: Lesson, name: str) -> MatrixRows:
    if name not in lesson.numbers:
        raise LessonError(f"There is no {name} here, only {', '.join(lesson.numbers)}.")
    return lesson.numbers[name]


def _with_matrices(lesson: Lesson, changed: Mapping[str, MatrixRows]) -> Lesson:
    return replace(lesson, numbers={**lesson.numbers, **changed})


def _resized(rows: MatrixRows, size: tuple[int, int]) -> MatrixRows:
    n_rows, n_columns = size
    padded = [(*row, *[0.0] * n_columns)[:n_columns] for row in rows[:n_rows]]
    return (*padded, *[(0.0,) * n_columns] * (n_rows - len(padded)))


def _product(x: MatrixRows, weights: MatrixRows) -> MatrixRows:
    def as_written(rows: MatrixRows) -> list[list[Fraction]]:
        # 0.1 · 3 is 0.3 on paper, and 0.30000000000000004 in float64.
        return [[Fraction(repr(value)) for value in row] for row in rows]

    columns = list(zip(*as_written(weights), strict=True))
    product = [[float(sum(a * b for a, b in zip(row, c, strict=True))) for c in columns] for row in as_written(x)]
    return tuple(tuple(value if abs(value) >= SMALLEST else 0.0 for value in row) for row in product)
