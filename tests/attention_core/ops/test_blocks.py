"""Large arrays are cut into blocks that contain each number once."""

import numpy as np
import pytest

from attention_core.ops.blocks import BLOCK_SIZE, cache_blocks, row_blocks


@pytest.mark.parametrize("order", ["C", "F"])
def test_blocks_pair_each_number_with_its_result(order):
    x = np.asarray(np.arange(3 * BLOCK_SIZE, dtype=np.float32).reshape(3, -1), order=order)
    out = np.empty_like(x)
    parts = list(cache_blocks(x, out))
    for numbers, result in parts:
        result[...] = numbers
    assert len(parts) == 3
    np.testing.assert_array_equal(out, x)


def test_arrays_with_different_memory_layouts_are_one_block():
    x = np.arange(6.0).reshape(2, 3)
    for numbers, result in ((x, np.empty((3, 2)).T), (x[:, ::2], np.empty((2, 2)))):
        assert [each.shape for each in next(cache_blocks(numbers, result))] == [numbers.shape] * 2


def test_row_blocks_do_not_split_rows():
    cuts = row_blocks(7, BLOCK_SIZE // 3)
    assert [list(range(7))[cut] for cut in cuts] == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(row_blocks(2, 2 * BLOCK_SIZE)) == 2
