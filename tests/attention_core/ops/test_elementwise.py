"""Elementwise operations."""

import numpy as np
import pytest

from attention_core.computation.arithmetic import bfloat16
from attention_core.computation.stage import Operand
from attention_core.ops.elementwise import Bfloat16, Clamp, Multiply


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(0, 0), (1.5, 1.5), (-0.25, -0.25), (257, 256), (259, 260), (258.01, 258), (261.5, 262), (1 / 3, 0.333984375)],
)
def test_bfloat16_rounds_to_8_binary_digits_with_ties_to_even(number, rounded):
    axes = ("position",)
    result = Bfloat16().compute(axes, [Operand(np.array([number], np.float32), axes)])
    assert result.dtype == np.float32
    assert result.tolist() == [rounded]
    assert bfloat16(number) == pytest.approx(rounded, abs=0)


def test_bfloat16_is_the_upper_half_of_float32():
    numbers = np.random.default_rng(0).normal(0, 100, 1009).astype(np.float32)
    bits = numbers.view(np.uint32)
    upper = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32)
    np.testing.assert_array_equal(Bfloat16().compute(("a",), [Operand(numbers, ("a",))]), upper)


@pytest.mark.parametrize(("symmetric", "clamped"), [(False, [-9, -0.5, 0.5, 2]), (True, [-2, -0.5, 0.5, 2])])
def test_a_clamp_keeps_numbers_within_its_bounds(symmetric, clamped):
    numbers = np.array([-9, -0.5, 0.5, 9], np.float32)
    assert Clamp(2.0, symmetric).compute(("a",), [Operand(numbers, ("a",))]).tolist() == clamped


def test_an_offset_is_added_to_the_second_factor_and_no_input_is_changed():
    first, second = np.array([2, -3], np.float32), np.array([5, 0.5], np.float32)
    assert Multiply(1.0).compute(("a",), [Operand(first, ("a",)), Operand(second, ("a",))]).tolist() == [12, -4.5]
    assert Multiply().compute(("a",), [Operand(first, ("a",)), Operand(second, ("a",))]).tolist() == [10, -1.5]
    assert second.tolist() == [5, 0.5]
