"""The sentences of the Worked example about its numbers."""

import re
from dataclasses import replace

import numpy as np

from attention_core.lessons.edits import with_flip, with_number
from attention_core.lessons.presets import preset
from attention_core.lessons.projected import project_head
from attention_core.lessons.solve import solve
from ui.worked_example.sentence import SentenceHead
from ui.worked_example.words import attention_headline, change_summary, model_weight


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
    assert change_summary(new, old).startswith(expected)


def test_a_change_in_one_of_several_heads_names_it():
    lesson = preset("random_heads")
    old, new = solve(lesson), solve(with_number(lesson, "W_O", 3, 1, 9.0))
    assert "Output weights [3, 1]: " in change_summary(new, old)
    new = solve(with_number(lesson, "W_V", 0, 3, 9.0))  # the second dimension of head 1
    assert "Value weights, head 1 [0, 1]: " in change_summary(new, old)
    alone = replace(lesson, n_heads=1)
    assert "Value weights [0, 3]: " in change_summary(solve(with_number(alone, "W_V", 0, 3, 9.0)), solve(alone))


def test_a_switched_cell_of_the_mask_is_shown_as_the_mask_shows_it():
    old, new = solve(preset("textbook")), solve(with_flip(preset("textbook"), 5, 7))
    assert "Mask [it, tired]: 1 → 0; " in change_summary(new, old)


def test_rows_that_an_edit_does_not_concern_are_not_counted():
    lesson = with_flip(with_flip(preset("paper"), 1, 0), 1, 1)
    summary = change_summary(solve(with_flip(lesson, 1, 2)), solve(lesson))
    assert "6 numbers changed." in summary  # of the mask, the score and the weight, and three of z


def test_the_weight_of_the_model_stands_beside_that_of_few_dimensions():
    lesson = preset("paper")
    weights = np.eye(5)[[3, 1, 4, 0, 2]]
    weights[3, 3] = 0.125  # the tokens at positions 1, 3 and 4 are kept: “it” is at 3
    head = SentenceHead(lesson, project_head(np.eye(3), np.eye(3), 2), [1, 3, 4], list("abcde"), weights, 64)
    text = model_weight(solve(replace(lesson, words=("I", "it", "here"))), head)
    assert "this weight is 0.1250, as" in text
    assert "from 64 dimensions to 4, and only 3 of the 5 tokens are kept." in text


def test_how_far_rounding_leads_is_written_out():
    """As on paper, without an exponent."""
    headline = attention_headline(solve(replace(preset("textbook"), form="paper")), 0)
    weights, outputs = re.search(r"off by at most (\S+) and the outputs by at most (\S+)\.", headline).groups()
    assert weights.startswith("0.0000")
    assert "e" not in weights + outputs
    assert 0 < float(weights) < float(outputs) < 1e-3
