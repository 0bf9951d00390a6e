"""Numbers as they are written."""

from attention_core.computation.render import format_number


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert format_number(-1.25, 2) == "−1.25"
    assert format_number(-0.00001, 4) == "0.0000"
