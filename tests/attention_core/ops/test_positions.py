"""Positional encodings against their published formulas."""

import math

import numpy as np

from attention_core.config.positions import Relative
from attention_core.ops.positions import alibi_slopes, relative_buckets, sinusoids


def test_alibi_slopes_of_8_heads_are_powers_of_a_half_and_12_heads_interleave_more():
    np.testing.assert_allclose(alibi_slopes(8), [2.0**-each for each in range(1, 9)])
    np.testing.assert_allclose(alibi_slopes(12)[8:], [2.0 ** -(each / 2) for each in (1, 3, 5, 7)], rtol=1e-6)


def test_small_distances_have_one_bucket_each_and_large_ones_share():
    back = Relative(8, 16, bidirectional=False)
    np.testing.assert_array_equal(relative_buckets(back, -np.arange(5)), [0, 1, 2, 3, 4])
    assert relative_buckets(back, np.array([3, -500])).tolist() == [0, 7]
    both = Relative(8, 16, bidirectional=True)
    np.testing.assert_array_equal(relative_buckets(both, np.array([-1, 0, 1, -500, 500])), [1, 0, 5, 3, 7])


def test_sinusoids():
    table = sinusoids(np.arange(5), 6)
    assert table.shape == (5, 6)
    np.testing.assert_allclose(table[3, [0, 3]], [math.sin(3), math.cos(3)], rtol=1e-6)
    np.testing.assert_allclose(
        table[3, [2, 5]], [math.sin(3 / 10000 ** (4 / 6)), math.cos(3 / 10000 ** (4 / 6))], rtol=1e-6
    )
