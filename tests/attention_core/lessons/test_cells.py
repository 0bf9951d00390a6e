"""Numbers as people type them."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.lessons.cells import LARGEST, SMALLEST, CellError, check_value, read_number
from tests.attention_core.lessons.strategies import numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("-0,25", -0.25),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("1,2345", 1.2345),
        (",5", 0.5),
        ("5.", 5.0),
        ("1e2", 100.0),
        ("1E-3", 0.001),
        ("1,5e2", 150.0),
        ("1/3", 1 / 3),
        (" -1 / 4 ", -0.25),
        ("1,5/2", 0.75),
        ("−2", -2.0),
        ("–2", -2.0),
        ("+3", 3.0),
        (" 2\u00a0", 2.0),
        ("½", 0.5),
        ("-¾", -0.75),
        ("⅓", 1 / 3),
        ("1000000", 1e6),
        ("1e-12", 1e-12),
        ("0e9", 0.0),
    ],
)
def test_numbers_are_read_as_meant(text, value):
    assert read_number(text) == value


def test_there_is_no_negative_zero():
    assert math.copysign(1, read_number("-0")) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("seven", "“seven” is not a number"),
        ("1 000", "not a number"),
        ("1_000", "not a number"),
        ("0x10", "not a number"),
        ("1½", "not a number"),
        ("2²", "not a number"),
        ("١٢", "not a number"),
        ("2*3", "not a number"),
        ("__import__('os')", "not a number"),
        (".", "not a number"),
        ("e5", "not a number"),
        ("--5", "not a number"),
        ("1/2/3", "not a number"),
        ("1/", "not a number"),
        ("nan", "cannot be used in a computation"),
        ("-Infinity", "cannot be used in a computation"),
        ("∞", "cannot be used in a computation"),
        ("1/inf", "cannot be used in a computation"),
        ("1,234", "could mean 1.234 or 1234"),
        ("-12,500", "could mean -12.500 or -12500"),
        ("1.234,5", "more than one separator"),
        ("1,234,567", "more than one separator"),
        ("1,234.5", "more than one separator"),
        ("1/0", "divides by zero"),
        ("1/0,0", "divides by zero"),
        ("1e308", "limit is 1,000,000"),
        ("1e999999999", "limit is 1,000,000"),
        ("1000000.1", "limit is 1,000,000"),
        ("1/1e-9", "limit is 1,000,000"),
        ("1e-13", "too close to 0"),
        ("-1e-999999999", "too close to 0"),
        ("0.0000000000001", "too close to 0"),
        ("9" * 41, "41 characters"),
    ],
)
def test_invalid_numbers_are_refused_with_the_reason(text, reason):
    with pytest.raises(CellError) as refused:
        read_number(text)
    assert reason in str(refused.value)


@given(st.one_of(st.text(), st.text("0123456789.,/eE+-−½ ", max_size=12)))
def test_any_text_is_a_number_within_the_limits_or_refused(text):
    with suppress(CellError):
        value = read_number(text)
        assert value == 0 or SMALLEST <= abs(value) <= LARGEST


@given(numbers)
def test_written_numbers_are_read_back(value):
    assert read_number(repr(value)) == value
    assert read_number(repr(value).replace("-", "−", 1) if value < 0 else repr(value)) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308, 10**400, 1.1e-13, 5e-324])
def test_numbers_outside_the_limits_are_refused(value):
    with pytest.raises(CellError):
        check_value(value)
