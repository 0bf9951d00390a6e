"""Tokens as labels."""

import pytest

from attention_core.plot.labels import digits, inert, isolated, short, width


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
def test_labels_show_what_is_there(token, label):
    assert short(token) == label


@pytest.mark.parametrize(
    ("weight", "text"),
    [(0, ""), (0.0449, ""), (0.0451, ".05"), (0.68, ".68"), (0.994, ".99"), (0.996, "1"), (1, "1")],
)
def test_digits_leave_out_what_is_small(weight, text):
    assert digits(weight) == text


def test_right_to_left_text_is_isolated():
    assert isolated("עברית") == "\u2068עברית\u2069"
    assert isolated("it") == "it"


def test_markup_and_formulas_are_inert():
    assert inert('<b>&"$x$') == '&lt;b&gt;&amp;"&#36;x&#36;'


def test_wide_scripts_are_wider():
    assert width("日本") == 2 * width("ab")
    assert width("e\u0301") == width("\u2068e\u2069") == width("e")
