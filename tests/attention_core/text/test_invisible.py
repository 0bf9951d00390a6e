"""Invisible characters."""

import pytest

from attention_core.text.invisible import is_invisible, name_invisible


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a b" * 20, "a b" * 20),
        ("a\x07\u202eb", "aU+0007U+202Eb"),
        ("\ud800", "U+D800"),
        ("\ufffe", "U+FFFE"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\u200d👧", "\u200d👧"),
        ("\u200d", "U+200D"),
        ("\u200d(1/3)", "U+200D(1/3)"),
        ("👩\u200d(1/3)", "👩U+200D(1/3)"),
        ("\u200b(2/3)", "U+200B(2/3)"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\ufe0f", "U+FE0F"),
        ("\ufe0f(3/3)", "U+FE0F(3/3)"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("\u3164", "U+3164"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_invisible_characters_are_named(text, told):
    assert name_invisible(text) == told


@pytest.mark.parametrize("character", list(map(chr, range(128))))
def test_ascii_needs_no_second_look(character):
    assert name_invisible(character) == (f"U+{ord(character):04X}" if is_invisible(character, 0) else character)
