"""What the Worked example says of its numbers."""

import re
from dataclasses import replace

from attention_core.lessons.edits import with_number
from attention_core.lessons.presets import preset
from attention_core.lessons.solve import solve
from ui.worked_example.words import changes, headline


def told(lesson):
    return re.sub("<[^>]*>", "", headline(solve(lesson), 0))


def test_the_headline_names_the_key_that_gets_most():
    assert told(preset("textbook")) == "“it” gives most, 0.2287, to “tired”."


def test_where_all_get_the_same_none_gets_most():
    assert told(preset("equal")) == "“north” gives 0.2500 to each of 4 words alike."
    masked = replace(preset("equal"), mask="padding", mask_size=1)
    assert told(masked) == "“north” gives 0.3333 to each of 3 words alike."


def test_several_keys_that_get_most_are_all_named():
    two = with_number(preset("find"), "K", 2, 0, 1.0)
    assert told(two) == "“it” gives most, 0.5000, to “cat” and “mat”, to each alike."
    three = with_number(two, "K", 1, 0, 1.0)
    assert told(three) == "“it” gives most, 0.3333, to “cat”, “sat” and “mat”, to each alike."


def test_one_is_counted_as_one():
    lesson = replace(preset("textbook"), mask="padding", mask_size=1)
    assert "with 1 decimal, the" in headline(solve(replace(lesson, form="paper", decimals=1)), 0)
    old, new = solve(lesson), solve(with_number(lesson, "V", 7, 0, 3.0))  # a masked value, which no result is made from
    assert changes(new, old, 0).startswith('<p class="changes">1 number changed. Values [tired, 0]: 0.8000 → 3.0000')
