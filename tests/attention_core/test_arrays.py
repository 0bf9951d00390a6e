import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.arrays import diagonals, frozen, take_along


def test_what_is_frozen_refuses_to_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        frozen(np.zeros(3, np.float32))[0] = 1


@given(st.integers(1, 7), st.integers(1, 11))
def test_diagonals_hold_every_difference_once(rows, columns):
    line = np.arange(rows + columns - 1)
    made = diagonals(line, rows)
    np.testing.assert_array_equal(made, np.arange(columns) - np.arange(rows)[:, None] + rows - 1)
    assert np.shares_memory(made, line)


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 2))
def test_what_is_picked_is_what_take_gives(rows, columns, axis):
    draw = np.random.default_rng(rows * columns)
    numbers = draw.normal(size=(11, 13, 17))
    line = draw.integers(0, 11, rows + columns - 1)
    for indices in (diagonals(line, rows), diagonals(line, rows).copy(), line):
        np.testing.assert_array_equal(take_along(numbers, indices, axis), numbers.take(indices, axis=axis))


def test_what_depends_on_a_difference_alone_is_stored_once():
    made = take_along(np.arange(6.0).reshape(3, 2), diagonals(np.array([0, 2, 1, 1]), 2), 0)
    assert made.shape == (2, 3, 2)
    assert made.base is not None
    assert np.shares_memory(made[0, 0], made[1, 1])
