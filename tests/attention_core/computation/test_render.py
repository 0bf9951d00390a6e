"""Numbers as they are written."""

from fractions import Fraction

from attention_core.computation.render import format_number


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert format_number(-1.25, 2) == "−1.25"
    assert format_number(-0.00001, 4) == "0.0000"


def test_a_fraction_of_up_to_9_characters_is_written_out():
    assert format_number(Fraction(-123, 4567), 3) == "−123/4567"
    assert format_number(Fraction(1234, 5677), 3) == "1234/5677"
    assert format_number(Fraction(-1234, 5677), 3) == "−0.217"
    assert format_number(Fraction(1234, 56789), 3) == "0.022"
