"""Tokens as labels."""

import pytest

from attention_core.plot.labels import bidi_isolated, escape_plotly, short_label, text_width, weight_digits


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("animal", "animal"),
        ("", "␣"),
        ("  ", "␣␣"),
        ("\n", "U+000A"),
        ("internationally", "international…"),
        ("fourteen signs", "fourteen signs"),
        ("\u202e", "U+202E"),
        ("\u200d", "U+200D"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\ud800", "U+D800"),
        ("\ufffe", "U+FFFE"),
    ],
)
def test_labels_show_every_character(token, label):
    assert short_label(token) == label


@pytest.mark.parametrize(
    ("weight", "text"),
    [(0, ""), (0.0449, ""), (0.0451, ".05"), (0.68, ".68"), (0.994, ".99"), (0.996, "1"), (1, "1")],
)
def test_small_weights_have_no_digits(weight, text):
    assert weight_digits(weight) == text


def test_right_to_left_text_is_isolated():
    assert bidi_isolated("עברית") == "\u2068עברית\u2069"
    assert bidi_isolated("it") == "it"


def test_markup_and_formulas_are_escaped():
    assert escape_plotly('<b>&"$x$') == '&lt;b&gt;&amp;"&#36;x&#36;'


def test_wide_scripts_are_wider():
    assert text_width("日本") == 2 * text_width("ab")
    assert text_width("e\u0301") == text_width("\u2068e\u2069") == text_width("e")
