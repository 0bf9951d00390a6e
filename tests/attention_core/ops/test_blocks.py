"""Large arrays are cut into blocks that hold each number once."""

import numpy as np
import pytest

from attention_core.ops.blocks import BLOCK, blocks, row_blocks


@pytest.mark.parametrize("order", ["C", "F"])
def test_each_number_is_in_one_block_with_the_place_of_its_result(order):
    x = np.asarray(np.arange(3 * BLOCK, dtype=np.float32).reshape(3, -1), order=order)
    out = np.empty_like(x)
    parts = list(blocks(x, out))
    for given, result in parts:
        result[...] = given
    assert len(parts) == 3
    np.testing.assert_array_equal(out, x)


def test_arrays_that_lie_differently_are_one_block():
    x = np.arange(6.0).reshape(2, 3)
    for given, result in ((x, np.empty((3, 2)).T), (x[:, ::2], np.empty((2, 2)))):
        assert [each.shape for each in next(blocks(given, result))] == [given.shape] * 2


def test_rows_stay_whole():
    cuts = row_blocks(7, BLOCK // 3)
    assert [list(range(7))[cut] for cut in cuts] == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(row_blocks(2, 2 * BLOCK)) == 2
