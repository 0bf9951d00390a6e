"""Each edit changes its setting and nothing else."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from attention_core.lessons import edits
from attention_core.lessons.lesson import LessonError
from attention_core.lessons.presets import preset
from tests.attention_core.lessons.strategies import lessons

TEXTBOOK, HEADS, RANDOM = preset("textbook"), preset("heads"), preset("random", 7)


def test_a_number():
    edited = edits.with_number(TEXTBOOK, "K", 5, 1, 9.5)
    assert edited.numbers["K"][5] == (0.7, 9.5, 0.5)
    assert edits.with_number(edited, "K", 5, 1, 0.6) == TEXTBOOK


@pytest.mark.parametrize(("name", "row", "column"), [("W_Q", 0, 0), ("K", 8, 0), ("K", 0, 3), ("K", -1, 0)])
def test_a_number_outside_its_matrix(name, row, column):
    with pytest.raises(LessonError, match=re.escape(f"There is no {name}")):
        edits.with_number(TEXTBOOK, name, row, column, 1.0)


def test_a_word():
    assert edits.with_word(TEXTBOOK, 7, "wide").words[5:] == ("it", "was", "wide")
    with pytest.raises(LessonError, match="no word 8"):
        edits.with_word(TEXTBOOK, 8, "wide")


def test_new_tokens_are_zeros_and_removed_ones_are_dropped():
    grown = edits.with_tokens(TEXTBOOK, 10)
    assert grown.words[7:] == ("tired", "word 9", "word 10")
    assert grown.numbers["V"][7:] == ((0.8, 0.7, 0.6), (0, 0, 0), (0, 0, 0))
    assert edits.with_tokens(grown, 8) == TEXTBOOK
    fewer = edits.with_tokens(replace(HEADS, flipped=frozenset({(0, 1), (3, 0)})), 3)
    assert fewer.flipped == {(0, 1)}
    assert len(fewer.numbers["X"]) == 3
    assert fewer.numbers["W_K"] == HEADS.numbers["W_K"]
    with pytest.raises(LessonError, match="The number of words must be a whole number from 2 to 12, got 13"):
        edits.with_tokens(TEXTBOOK, 13)


def test_new_dimensions_are_zeros_and_removed_ones_are_dropped():
    grown = edits.with_dimensions(HEADS, 6)
    assert grown.numbers["W_Q"][1] == (6, 0, 6, 0, 0, 0)
    assert grown.numbers["W_Q"][5] == (0,) * 6
    assert len(grown.numbers["X"]) == 4
    assert edits.with_dimensions(grown, 4) == HEADS
    with pytest.raises(LessonError, match="5 dimensions cannot be split evenly among 2 heads, only among 1"):
        edits.with_dimensions(HEADS, 5)
    with pytest.raises(LessonError, match="from 1 to 8, got 0"):
        edits.with_dimensions(HEADS, 0)


def test_heads_and_mask():
    assert edits.with_heads(HEADS, 4).d_head == 1
    clicked = edits.with_flip(edits.with_mask(TEXTBOOK, "causal", 3), 2, 6)
    assert (clicked.mask, clicked.mask_size, clicked.flipped) == ("causal", 3, {(2, 6)})
    assert edits.with_flip(clicked, 2, 6).flipped == frozenset()
    assert edits.with_mask(clicked, "window", 2).flipped == frozenset()


def test_from_x_to_q_k_v_by_the_exact_product():
    edited = edits.with_entry(preset("random_heads", 3), "qkv")
    x, w = (np.array(preset("random_heads", 3).numbers[name]) for name in ("X", "W_K"))
    assert np.allclose(edited.numbers["K"], x @ w, rtol=1e-14, atol=0)
    assert all(value == round(value, 4) for row in edited.numbers["K"] for value in row)
    assert (edited.entry, edited.n_heads, edited.words) == ("qkv", 2, preset("random_heads", 3).words)
    assert edits.with_entry(edited, "qkv") is edited


def test_a_product_is_exact_in_decimals_and_cancels_to_zero():
    rows = {"X": ((0.1, 0.3), (0.1, 0)), "W_Q": ((3, 0), (-1, 0)), "W_K": ((3, 0), (0, 0))}
    lesson = replace(edits.with_tokens(edits.with_dimensions(HEADS, 2), 2), n_heads=1)
    lesson = replace(lesson, numbers={**lesson.numbers, **rows})
    edited = edits.with_entry(lesson, "qkv")
    assert edited.numbers["Q"] == ((0.0, 0.0), (0.3, 0.0))
    assert edited.numbers["K"] == ((0.3, 0.0), (0.3, 0.0))
    large = replace(lesson, numbers={**lesson.numbers, "X": ((1e6, 0), (0, 0))})
    with pytest.raises(LessonError, match=re.escape("Q[0, 0]: The number is too large")):
        edits.with_entry(large, "qkv")


def test_from_q_k_v_to_x_starts_from_its_preset():
    edited = edits.with_entry(replace(TEXTBOOK, decimals=2, form="paper"), "x")
    assert edited == replace(HEADS, decimals=2, form="paper")


def test_resets():
    edited = edits.with_number(edits.with_number(RANDOM, "Q", 1, 2, 8.0), "V", 0, 0, 7.0)
    one = edits.reset_number(edited, RANDOM, "Q", 1, 2)
    assert one == edits.with_number(RANDOM, "V", 0, 0, 7.0)
    assert edits.reset_matrix(one, RANDOM, "V") == RANDOM
    assert edits.reset_all(replace(edited, decimals=6, scaled=False), RANDOM) == replace(RANDOM, decimals=6)


def test_resets_beyond_the_base_give_zero():
    grown = edits.with_number(edits.with_tokens(RANDOM, 7), "K", 6, 1, 4.0)
    assert edits.reset_number(grown, RANDOM, "K", 6, 1) == edits.with_tokens(RANDOM, 7)
    assert edits.reset_matrix(grown, RANDOM, "K") == edits.with_tokens(RANDOM, 7)
    with pytest.raises(LessonError, match="There is no K here, only X, W_Q"):
        edits.reset_matrix(grown, HEADS, "K")
    with pytest.raises(LessonError, match=re.escape("There is no K[7, 0]")):
        edits.reset_number(grown, RANDOM, "K", 7, 0)


@settings(max_examples=40)
@given(lessons())
def test_growing_and_shrinking_restores_the_lesson(lesson):
    if lesson.n_tokens < 12:
        assert edits.with_tokens(edits.with_tokens(lesson, 12), lesson.n_tokens) == lesson
    grown = edits.with_heads(lesson, 1)
    assert edits.with_dimensions(edits.with_dimensions(grown, 8), lesson.d) == grown
