"""Worked examples to start from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attention_core.lessons.lesson import Lesson, LessonError, MatrixRows, shape
from attention_core.lessons.textbook import textbook

SEEDS = range(2**32)


@dataclass(frozen=True)
class Preset:
    """A worked example to start from: its title, its purpose, and a function from a seed to the lesson.

    seeded: whether the lesson depends on the seed
    """

    title: str
    purpose: str
    make: Callable[[int], Lesson]
    seeded: bool = False


def preset(name: str, seed: int = 0) -> Lesson:
    """The lesson of a preset; LessonError for an unknown name or an invalid seed."""
    if name not in PRESETS:
        raise LessonError(f"There is no preset “{name}”, only {', '.join(PRESETS)}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed not in SEEDS:
        raise LessonError(f"The seed must be a whole number from 0 to {SEEDS[-1]}, got {seed}.")
    return PRESETS[name].make(seed)


def _one_match(seed: int) -> Lesson:
    """q · k is 20 for "it" and "cat" and 0 otherwise; divided by sqrt(4) that is 10, and 1 / (1 + 3 e^-10) > 0.999."""
    return Lesson(
        words=("cat", "sat", "mat", "it"),
        entry="qkv",
        n_heads=1,
        numbers={
            "Q": ((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (20, 0, 0, 0)),
            "K": ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
            "V": ((4, 1, 0, 0), (0, 3, 2, 0), (1, 0, 5, 2), (0, 2, 0, 1)),
        },
    )


def _equal_keys(seed: int) -> Lesson:
    return Lesson(
        words=("north", "east", "south", "west"),
        entry="qkv",
        n_heads=1,
        numbers={
            "Q": ((1, 0), (0, 2), (-1, 3), (2, 2)),
            "K": ((1, 1), (1, 1), (1, 1), (1, 1)),
            "V": ((1, 0), (3, 4), (5, 2), (7, 6)),
        },
    )


def _on_paper(seed: int) -> Lesson:
    """Every key is even, so that every q · k is: with four dimensions, sqrt(d_head) is 2."""
    return Lesson(
        words=("I", "am", "here"),
        entry="qkv",
        n_heads=1,
        numbers={
            "Q": ((1, 0, 1, 0), (0, 2, 0, 0), (1, 1, 0, 1)),
            "K": ((2, 0, 0, 2), (0, 2, 2, 0), (2, 2, 2, 0)),
            "V": ((1, 2, 0, 1), (3, 0, 1, 2), (0, 4, 2, 1)),
        },
    )


def _two_heads(seed: int) -> Lesson:
    """The dimensions of X: is a thing, is a pronoun, is a property, is an article."""
    identity = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
    return Lesson(
        words=("the", "animal", "it", "tired"),
        entry="x",
        n_heads=2,
        numbers={
            "X": ((0, 0, 0, 1), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)),
            "W_Q": ((0, 0, 6, 0), (6, 0, 6, 0), (0, 0, 0, 0), (0, 0, 0, 0)),
            "W_K": ((2, 0, 0, 0), (0, 0, 0, 0), (0, 0, 2, 0), (0, 0, 0, 0)),
            "W_V": identity,
            "W_O": identity,
        },
    )


def _random(seed: int) -> Lesson:
    rng = np.random.default_rng(seed)
    numbers = {name: _drawn(rng, (5, 3)) for name in ("Q", "K", "V")}
    return Lesson(words=_numbered(5), entry="qkv", n_heads=1, numbers=numbers)


def _random_heads(seed: int) -> Lesson:
    rng = np.random.default_rng(seed)
    numbers = {name: _drawn(rng, shape(name, 5, 4)) for name in ("X", "W_Q", "W_K", "W_V", "W_O")}
    return Lesson(words=_numbered(5), entry="x", n_heads=2, numbers=numbers)


def _drawn(rng: np.random.Generator, size: tuple[int, int]) -> MatrixRows:
    """Numbers from -2 to 2 with two decimals, uniformly distributed."""
    return tuple(tuple(row) for row in (rng.integers(-200, 201, size) / 100).tolist())


def _numbered(n_tokens: int) -> tuple[str, ...]:
    return tuple(f"word {i + 1}" for i in range(n_tokens))


PRESETS: dict[str, Preset] = {
    "textbook": Preset(
        "A textbook's example",
        "How “it” attends in “The animal didn't cross the street because it was too tired.”, with a textbook's "
        "numbers: unscaled, as in the text. The end of this page says what is known of its source.",
        lambda seed: textbook(),
    ),
    "find": Preset(
        "One query finds one key",
        "The query of “it” matches only the key of “cat”, which gets a weight above 0.999; the other queries are 0.",
        _one_match,
    ),
    "equal": Preset(
        "All keys equal",
        "Whatever the query, equal keys get equal weights, and every output is the mean of the values.",
        _equal_keys,
    ),
    "paper": Preset(
        "On paper",
        "Whole numbers and √4 = 2 give whole scores: no calculator is needed before the softmax.",
        _on_paper,
    ),
    "random": Preset(
        "Random",
        "Random Q, K and V; the same seed always gives the same numbers.",
        _random,
        seeded=True,
    ),
    "heads": Preset(
        "Two heads",
        "From X: in head 0 “it” attends to “animal”, in head 1 to “tired”, and its output combines both.",
        _two_heads,
    ),
    "random_heads": Preset(
        "Random, two heads",
        "Random X and weights; the same seed always gives the same numbers.",
        _random_heads,
        seeded=True,
    ),
}
