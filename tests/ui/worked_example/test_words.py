"""The sentences of the Worked example about its numbers."""

import re
from dataclasses import replace

from attention_core.lessons.edits import with_number
from attention_core.lessons.presets import preset
from attention_core.lessons.solve import solve
from ui.worked_example.words import attention_headline, change_summary


def headline(lesson):
    return re.sub("<[^>]*>", "", attention_headline(solve(lesson), 0))


def test_the_headline_names_the_key_with_the_largest_weight():
    assert headline(preset("textbook")) == "“it” attends most to “tired” (0.2287)."


def test_equal_weights_are_called_equal():
    assert headline(preset("equal")) == "“north” attends equally to 4 words (0.2500 each)."
    masked = replace(preset("equal"), mask="padding", mask_size=1)
    assert headline(masked) == "“north” attends equally to 3 words (0.3333 each)."


def test_all_keys_with_the_largest_weight_are_named():
    two = with_number(preset("find"), "K", 2, 0, 1.0)
    assert headline(two) == "“it” attends most to “cat” and “mat” (0.5000 each)."
    three = with_number(two, "K", 1, 0, 1.0)
    assert headline(three) == "“it” attends most to “cat”, “sat” and “mat” (0.3333 each)."


def test_a_count_of_one_is_singular():
    lesson = replace(preset("textbook"), mask="padding", mask_size=1)
    rounded = solve(replace(lesson, form="paper", decimals=1))
    assert "With each step rounded to 1 decimal, as on paper, the weights" in attention_headline(rounded, 0)
    old, new = solve(lesson), solve(with_number(lesson, "V", 7, 0, 3.0))  # a masked value, which no result depends on
    expected = '<p class="changes">1 number changed. Values [tired, 0]: 0.8000 → 3.0000'
    assert change_summary(new, old, 0).startswith(expected)
