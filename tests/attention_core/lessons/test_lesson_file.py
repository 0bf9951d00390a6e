"""Saved lessons are read back exactly; invalid files are refused with the position."""

import base64
import json
import re
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_core.lessons.lesson import LessonError
from attention_core.lessons.lesson_file import FORMAT, from_address, from_json, to_address, to_json
from attention_core.lessons.presets import PRESETS, preset
from tests.attention_core.lessons.strategies import lessons


@settings(max_examples=60)
@given(lessons())
def test_lessons_are_read_back_exactly(lesson):
    file, address = to_json(lesson), to_address(lesson)
    assert from_json(file) == from_json(file.encode()) == from_address(address) == lesson
    assert re.fullmatch("[A-Za-z0-9_-]+", address)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_short_addresses(name):
    assert from_address(to_address(preset(name, 3))) == preset(name, 3)
    assert len(to_address(preset(name, 3))) < 500


def test_the_largest_lesson_is_within_the_limits():
    def row(n):
        return [0.123456789012345 + i / 7 for i in range(n)]

    numbers = {"X": [row(8)] * 12, **{f"W_{c}": [row(8)] * 8 for c in "QKVO"}}
    every = frozenset((i, j) for i in range(12) for j in range(12))
    lesson = replace(preset("heads"), words=("語" * 24,) * 12, numbers=numbers, flipped=every)
    assert len(to_json(lesson)) < 20_000
    assert from_address(to_address(lesson)) == lesson == from_json(to_json(lesson))


def test_the_file_is_readable():
    lines = to_json(preset("textbook")).splitlines()
    assert lines[1] == f'  "format": "{FORMAT}",'
    assert lines[2] == '  "words": ["The", "animal", "didn\'t", "cross", "street", "it", "was", "tired"],'
    assert "      [0.6, 0.5, 0.4]," in lines


def test_words_of_any_characters_are_read_back():
    odd = ("é語🙂", "\ud800", "<b>", '"\\', "\n\u2028", "", "‮rtl", "\x07")
    lesson = replace(preset("textbook"), words=odd)
    assert "é語🙂" in to_json(lesson)
    assert from_json(to_json(lesson).encode()) == lesson == from_address(to_address(lesson))
    assert lesson.words[1] == "\ufffd"


def test_missing_fields_have_their_defaults():
    content = json.loads(to_json(preset("paper")))
    for name in ("scaled", "temperature", "mask", "mask_size", "flipped", "weigh", "decimals", "form"):
        del content[name]
    assert from_json("\ufeff" + json.dumps(content)) == preset("paper")


def changed(**change):
    content = {**json.loads(to_json(preset("paper"))), **change}
    return json.dumps({name: value for name, value in content.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1, column 1 is not valid JSON: Expecting value."),
        ('{\n  "format": 1,\n  oops\n}', "Line 3, column 3 is not valid JSON"),
        ("[1, 2]", "This is not a lesson"),
        ('{"words": []}', 'This is not a lesson: a lesson is a JSON object with "format": "attention-lesson/1".'),
        ('{"format": "attention-lesson/2"}', 'is "attention-lesson/2"; only "attention-lesson/1" is supported.'),
        ('{"a": 1, "a": 2}', "“a” appears twice. Remove one of them."),
        ("[" * 50_000, "lists are nested too deeply"),
        ('{"format": ' + "9" * 5000 + "}", "a number is too long"),
        ('{"format": ' + "9" * 41 + "}", "a number is too long"),
        (changed(**{"\ud800": 1}), "A lesson has no field “\ufffd”, only words, entry"),
        (" " * (2**20 + 1), "The file is too large for a lesson: 1,048,577 bytes; the limit is 1,048,576."),
        (b'{"format": "\xff"}', "The file is not UTF-8 text: byte 12 cannot be decoded."),
        (changed(colour="red"), "A lesson has no field “colour”, only words, entry"),
        (changed(words=None, n_heads=None), "The lesson lacks words, n_heads."),
        (changed(decimals="4"), "decimals must be a whole number from 1 to 6, got “4”."),
        (changed(words={"a": 1}), "words must be 2 to 12 strings"),
        (changed(numbers={"Q": [[1]], "K": 2}), "numbers must have exactly Q, K, V, got K, Q."),
        (changed().replace("[0, 2, 0, 0]", "[0, NaN, 0, 0]"), "numbers: Q[1, 1]: “nan” is not a number."),
        (changed().replace("[0, 2, 0, 0]", "[0, 1e308, 0, 0]"), "numbers: Q[1, 1]: The number is too large"),
        (changed().replace("[0, 2, 0, 0]", "[0, 1e999, 0, 0]"), "numbers: Q[1, 1]: The number is too large"),
        (changed().replace("[0, 2, 0, 0]", '[0, "2", 0, 0]'), "numbers: Q[1, 1] must be a number, got “2”."),
    ],
)
def test_an_invalid_file_is_refused_with_the_position(text, message):
    with pytest.raises(LessonError, match=re.escape(message)):
        from_json(text)


def packed(content):
    return base64.urlsafe_b64encode(zlib.compress(content)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cut off"),
        ("A", "corrupted"),
        ("AAAA", "corrupted"),
        ("abc+def", "Character 4 of the lesson in the address, “+”, is not allowed there."),
        ("abé", "Character 3"),
        (to_address(preset("find"))[:-8], "cut off"),
        (to_address(preset("find"))[:40] + "A" + to_address(preset("find"))[41:], "corrupted"),
        ("A" * 20_001, "too long for a lesson: 20,001 characters; the limit is 20,000."),
        (packed(b" " * 10_000_000), "too large: the limit is 200,000 bytes."),
        (packed(b"{}"), "This is not a lesson"),
        (packed(b"\xff"), "not UTF-8"),
    ],
)
def test_an_invalid_address_is_refused(text, message):
    with pytest.raises(LessonError, match=re.escape(message)):
        from_address(text)


def test_something_added_to_an_address_is_refused():
    whole = base64.urlsafe_b64encode(zlib.compress(to_json(preset("find")).encode()) + b"more").rstrip(b"=").decode()
    with pytest.raises(LessonError, match="something was added"):
        from_address(whole)


@given(st.one_of(st.text(), st.binary()))
def test_no_file_raises_anything_else(text):
    with pytest.raises(LessonError):
        from_json(text)


@given(st.one_of(st.text(), st.text("ABCDEFabcdef0189_-"), st.binary(max_size=200).map(packed)))
def test_no_address_raises_anything_else(text):
    with pytest.raises(LessonError):
        from_address(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=9,
)


@settings(max_examples=200)
@given(st.sampled_from(["words", "entry", "n_heads", "numbers", "temperature", "mask", "flipped", "weigh"]), JSON)
def test_no_value_of_any_key_raises_anything_else(name, value):
    content = {**json.loads(to_json(preset("paper"))), name: value}
    message = name
    try:
        from_json(json.dumps(content))
    except LessonError as error:
        message = str(error)
    # Another number of words makes the matrices invalid.
    assert name in message or "numbers" in message


@settings(max_examples=100)
@given(JSON)
def test_no_matrix_raises_anything_else(value):
    content = json.loads(to_json(preset("paper")))
    content["numbers"]["Q"] = value
    with pytest.raises(LessonError, match="numbers: "):
        from_json(json.dumps(content))
