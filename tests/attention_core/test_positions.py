"""Positions against what their sources say, by plain sums."""

import math

import numpy as np

from attention_core.positions import Relative, Rotary, alibi_slopes, buckets, frequencies, sinusoids


def test_frequencies_fall_from_one_by_the_base():
    falling = [1, 1000 ** (-1 / 3), 1000 ** (-2 / 3)]
    np.testing.assert_allclose(frequencies(Rotary(dim=6, base=1000), 5), falling, rtol=1e-6)


def test_scalings_slow_rotations_down():
    plain = frequencies(Rotary(dim=10, base=500), 5)
    slow = frequencies(Rotary(dim=10, base=500, scaling="linear", factor=4), 5)
    np.testing.assert_allclose(slow, plain / 4)
    dynamic = Rotary(dim=10, base=500, scaling="dynamic", factor=3, original=7)
    np.testing.assert_array_equal(frequencies(dynamic, 7), plain)
    assert (frequencies(dynamic, 14)[1:] < plain[1:]).all()
    longrope = Rotary(dim=10, base=500, scaling="longrope", original=7, short=(1,) * 5, long=(1, 2, 3, 5, 7))
    np.testing.assert_array_equal(frequencies(longrope, 7), plain)
    np.testing.assert_allclose(frequencies(longrope, 8), plain / [1, 2, 3, 5, 7], rtol=1e-6)


def test_llama3_leaves_what_turns_often_and_stretches_what_turns_seldom():
    rotary = Rotary(dim=10, base=500, scaling="llama3", factor=8, original=64, low=1, high=4)
    plain, made = frequencies(Rotary(dim=10, base=500), 5), frequencies(rotary, 5)
    turns = 64 * plain / (2 * math.pi)
    np.testing.assert_allclose(made[turns > 4], plain[turns > 4])
    np.testing.assert_allclose(made[turns < 1], plain[turns < 1] / 8, rtol=1e-6)
    between = (turns > 1) & (turns < 4)
    assert between.any()
    assert ((plain / 8 < made) & (made < plain))[between].all()


def test_alibi_slopes_of_eight_heads_are_powers_of_a_half_and_of_twelve_come_between():
    np.testing.assert_allclose(alibi_slopes(8), [2.0**-each for each in range(1, 9)])
    np.testing.assert_allclose(alibi_slopes(12)[8:], [2.0 ** -(each / 2) for each in (1, 3, 5, 7)], rtol=1e-6)


def test_near_distances_have_buckets_of_their_own_and_far_ones_share():
    back = Relative(8, 16, both_ways=False)
    np.testing.assert_array_equal(buckets(back, -np.arange(5)), [0, 1, 2, 3, 4])
    assert buckets(back, np.array([3, -500])).tolist() == [0, 7]
    both = Relative(8, 16, both_ways=True)
    np.testing.assert_array_equal(buckets(both, np.array([-1, 0, 1, -500, 500])), [1, 0, 5, 3, 7])


def test_sinusoids_turn_with_the_place():
    table = sinusoids(np.arange(5), 6)
    assert table.shape == (5, 6)
    np.testing.assert_allclose(table[3, [0, 3]], [math.sin(3), math.cos(3)], rtol=1e-6)
    np.testing.assert_allclose(
        table[3, [2, 5]], [math.sin(3 / 10000 ** (4 / 6)), math.cos(3 / 10000 ** (4 / 6))], rtol=1e-6
    )
