"""Masks as predicates over positions: True where a query may look at a key; combined by and."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


def causal(queries: Places, keys: Places) -> Mask:
    """A query sees itself and what came before.

        mask[i, j] = keys[j] <= queries[i]

    queries, keys: [query] and [key], their places in the text
    returns:       [query, key]
    """
    return keys[None, :] <= queries[:, None]


def window(queries: Places, keys: Places, width: int) -> Mask:
    """A query sees the keys that are less than a width away, on both sides.

        mask[i, j] = |keys[j] - queries[i]| < width

    queries, keys: [query] and [key], their places in the text
    returns:       [query, key]
    """
    return np.abs(keys[None, :] - queries[:, None]) < width


def padding(attention_mask: Mask) -> Mask:
    """Every query sees the keys that are tokens of the text, and none of those that fill it up.

        mask[i, j] = attention_mask[j]

    attention_mask:    [key]
    returns: [1, key]
    """
    return attention_mask[None, :]
