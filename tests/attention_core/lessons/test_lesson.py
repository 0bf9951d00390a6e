"""The validation of worked examples, and their mask."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from attention_core.errors import AttentionLabError
from attention_core.lessons.lesson import Lesson, LessonError, allowed
from tests.attention_core.lessons.strategies import lessons


def qkv(n=5, d=3, **settings):
    numbers = {name: [[i + j / 10 for j in range(d)] for i in range(n)] for name in "QKV"}
    return Lesson(**{"words": tuple("abcdefghijkl"[:n]), "entry": "qkv", "n_heads": 1, "numbers": numbers, **settings})


def test_numbers_are_kept_as_floats_and_cannot_be_changed():
    lesson = qkv(n=2, d=2, numbers={name: [[1, -0.0], [0.5, 2]] for name in "QKV"})
    assert lesson.numbers["K"] == ((1.0, 0.0), (0.5, 2.0))
    assert str(lesson.numbers["K"]) == "((1.0, 0.0), (0.5, 2.0))"
    with pytest.raises(TypeError):
        lesson.numbers["K"] = ()


def test_sizes():
    lesson = qkv(n=7, d=6, n_heads=3)
    assert (lesson.n_tokens, lesson.d, lesson.d_head) == (7, 6, 2)


def test_equal_lessons_have_equal_hashes():
    assert qkv() == qkv()
    assert len({qkv(), qkv(), qkv(decimals=3), qkv(scaled=False)}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": ("a",)}, "words must be 2 to 12 strings, got 1 of them."),
        ({"words": "abcde"}, "words must be 2 to 12 strings, got “abcde”."),
        ({"words": ("a", "b", 3, "d", "e")}, "words[2] must be a string of up to 24 characters, got 3."),
        ({"words": ("a", "b" * 25, "c", "d", "e")}, "words[1] must be a string of up to 24 characters"),
        ({"words": ("a", "b")}, "numbers: Q must have 2 rows, one for each word, got 5 of them."),
        ({"entry": "qk"}, "entry must be one of qkv, x, got “qk”."),
        ({"entry": "x"}, "numbers must have exactly X, W_Q, W_K, W_V, W_O, got K, Q, V."),
        ({"numbers": 7}, "numbers must have exactly Q, K, V, got 7."),
        ({"numbers": {name: [[]] * 5 for name in "QKV"}}, "numbers: Q must have rows of 1 to 8 numbers, got none."),
        ({"numbers": {name: 5 for name in "QKV"}}, "numbers: Q must have rows of 1 to 8 numbers, got None."),
        ({"n_heads": 2}, "n_heads: 3 dimensions cannot be split evenly among 2 heads, only among 1 or 3."),
        ({"n_heads": 5}, "n_heads must be a whole number from 1 to 4, got 5."),
        ({"n_heads": True}, "n_heads must be a whole number from 1 to 4, got True."),
        ({"scaled": 1}, "scaled must be one of True, False, got 1."),
        ({"temperature": 0.04}, "temperature must be a number from 0.05 to 20, got 0.04."),
        ({"temperature": float("nan")}, "temperature must be a number from 0.05 to 20, got nan."),
        ({"temperature": "1"}, "temperature must be a number from 0.05 to 20, got “1”."),
        ({"mask": ["none"]}, "mask must be one of none, causal, padding, window, got 1 of them."),
        ({"mask_size": -1}, "mask_size must be a whole number from 0 to 12, got -1."),
        ({"weigh": "max"}, "weigh must be one of softmax, share, hardmax, got “max”."),
        ({"decimals": 7}, "decimals must be a whole number from 1 to 6, got 7."),
        ({"form": None}, "form must be one of decimal, fraction, paper, got None."),
        ({"flipped": [[0, 5]]}, "flipped: the key of a cell must be a whole number from 0 to 4, got 5."),
        ({"flipped": [[-1, 0]]}, "flipped: the query of a cell must be a whole number from 0 to 4, got -1."),
        ({"flipped": [[1]]}, "flipped must contain [query, key] cells, got 1 of them."),
        ({"flipped": 3}, "flipped must be a list of [query, key] cells, got 3."),
    ],
)
def test_invalid_settings_are_named(change, message):
    with pytest.raises(LessonError, match=re.escape(message)):
        qkv(**change)
    assert issubclass(LessonError, AttentionLabError)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("7", "numbers: K[4, 1] must be a number, got “7”."),
        (True, "numbers: K[4, 1] must be a number, got True."),
        (None, "numbers: K[4, 1] must be a number, got None."),
        (float("nan"), "numbers: K[4, 1]: “nan” is not a number."),
        (1e308, "numbers: K[4, 1]: The number is too large"),
        (1e-300, "numbers: K[4, 1]: The number is too close to 0"),
    ],
)
def test_an_invalid_number_is_refused_with_its_position(value, message):
    rows = [[1.0, 2.0, 3.0] for _ in range(5)]
    wrong = [*rows[:4], [1.0, value, 3.0]]
    with pytest.raises(LessonError, match=re.escape(message)):
        qkv(numbers={"Q": rows, "K": wrong, "V": rows})


def test_a_ragged_row_is_refused():
    rows = [[1.0, 2.0] for _ in range(5)]
    with pytest.raises(LessonError, match=re.escape("numbers: V[2] must be a row of 2 numbers, got 1 of them.")):
        qkv(numbers={"Q": rows, "K": rows, "V": [*rows[:2], [1.0], *rows[3:]]})


@pytest.mark.parametrize(
    ("mask", "size", "seen"),
    [
        ("none", 2, lambda q, k: True),
        ("causal", 2, lambda q, k: k <= q),
        ("padding", 2, lambda q, k: k < 5),
        ("padding", 0, lambda q, k: True),
        ("padding", 12, lambda q, k: False),
        ("window", 2, lambda q, k: abs(q - k) <= 2),
        ("window", 0, lambda q, k: q == k),
    ],
)
def test_allowed(mask, size, seen):
    lesson = qkv(n=7, mask=mask, mask_size=size)
    assert allowed(lesson).tolist() == [[seen(q, k) for k in range(7)] for q in range(7)]
    flipped = allowed(replace(lesson, flipped=frozenset({(1, 4), (6, 0)})))
    assert np.argwhere(flipped != allowed(lesson)).tolist() == [[1, 4], [6, 0]]


@settings(max_examples=60)
@given(lessons())
def test_no_step_overflows_or_underflows(lesson):
    """The bounds from which the limits of a cell follow; dividing by the sum has the smallest divisor."""
    n, d, heads = lesson.n_tokens, lesson.d, lesson.n_heads
    given = {name: np.array(rows) for name, rows in lesson.numbers.items()}
    with np.errstate(over="raise", invalid="raise", under="raise"):
        q, k, v = (given[c] if c in given else given["X"] @ given[f"W_{c}"] for c in "QKV")
        q, k, v = (x.reshape(n, heads, d // heads).swapaxes(0, 1) for x in (q, k, v))
        scores = q @ k.swapaxes(1, 2) / np.sqrt(d // heads) / 0.05
        total = scores.sum(axis=-1, keepdims=True)
        weights = np.divide(scores, total, out=np.zeros_like(scores), where=total != 0)
        z = (weights @ v).swapaxes(0, 1).reshape(n, d)
        out = z @ given["W_O"] if "W_O" in given else z
    assert np.isfinite(out).all()
    assert abs(scores).max() <= 2e28
    assert (abs(total[total != 0]) >= 1e-129).all()
