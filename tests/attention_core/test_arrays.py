import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.arrays import ArrayCache, frozen, take_indices, toeplitz


def test_a_frozen_array_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        frozen(np.zeros(3, np.float32))[0] = 1


def test_an_array_takes_its_bytes_in_a_cache():
    cache = ArrayCache(max_bytes=3 * 8)
    kept = cache.get("three numbers", lambda: np.zeros(3))
    cache.get("four numbers", lambda: np.zeros(4))
    assert cache.get("three numbers", lambda: np.ones(3)) is kept
    cache.get("one number", lambda: np.zeros(1))
    assert cache.get("three numbers", lambda: np.ones(3)) is not kept


@given(st.integers(1, 7), st.integers(1, 11))
def test_a_toeplitz_matrix_is_a_view_of_its_diagonal_values(rows, columns):
    line = np.arange(rows + columns - 1)
    matrix = toeplitz(line, rows)
    np.testing.assert_array_equal(matrix, np.arange(columns) - np.arange(rows)[:, None] + rows - 1)
    assert np.shares_memory(matrix, line)


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 2))
def test_take_indices_equals_numpys_take(rows, columns, axis):
    rng = np.random.default_rng(rows * columns)
    numbers = rng.normal(size=(11, 13, 17))
    line = rng.integers(0, 11, rows + columns - 1)
    for indices in (toeplitz(line, rows), toeplitz(line, rows).copy(), line):
        np.testing.assert_array_equal(take_indices(numbers, indices, axis), numbers.take(indices, axis=axis))


def test_toeplitz_indices_give_a_toeplitz_result():
    taken = take_indices(np.arange(6.0).reshape(3, 2), toeplitz(np.array([0, 2, 1, 1]), 2), 0)
    assert taken.shape == (2, 3, 2)
    assert taken.base is not None
    assert np.shares_memory(taken[0, 0], taken[1, 1])
