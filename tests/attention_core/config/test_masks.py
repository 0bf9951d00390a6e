"""Masks, position by position, for queries that stand anywhere among the keys."""

import numpy as np

from attention_core.config.masks import causal, window

KEYS = np.arange(7)


def test_causal_sees_itself_and_what_came_before():
    mask = causal(KEYS[2:5], KEYS)
    assert mask.shape == (3, 7)
    assert mask.tolist() == [[key <= query for key in range(7)] for query in range(2, 5)]
    assert causal(KEYS[6:], KEYS).all()


def test_a_window_reaches_both_ways():
    assert window(KEYS[3:5], KEYS, 3).tolist() == [[abs(key - query) < 3 for key in range(7)] for query in (3, 4)]
