"""Masks, position by position, for queries anywhere among the keys."""

import numpy as np

from attention_core.config.masks import causal_mask, window_mask

KEYS = np.arange(7)


def test_a_causal_mask_allows_the_query_and_earlier_keys():
    mask = causal_mask(KEYS[2:5], KEYS)
    assert mask.shape == (3, 7)
    assert mask.tolist() == [[key <= query for key in range(7)] for query in range(2, 5)]
    assert causal_mask(KEYS[6:], KEYS).all()


def test_a_window_extends_both_ways():
    assert window_mask(KEYS[3:5], KEYS, 3).tolist() == [[abs(key - query) < 3 for key in range(7)] for query in (3, 4)]
