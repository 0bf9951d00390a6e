"""Masks as predicates over positions: True where a query may attend to a key; combined with `and`."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]


def causal_mask(queries: Indices, keys: Indices) -> Mask:
    """A query attends to itself and to earlier keys.

        mask[i, j] = keys[j] <= queries[i]

    queries, keys: [query] and [key], their positions in the text
    returns:       [query, key]
    """
    return keys[None, :] <= queries[:, None]


def window_mask(queries: Indices, keys: Indices, width: int) -> Mask:
    """A query attends to keys less than `width` positions away, on both sides.

        mask[i, j] = |keys[j] - queries[i]| < width

    queries, keys: [query] and [key], their positions in the text
    returns:       [query, key]
    """
    return np.abs(keys[None, :] - queries[:, None]) < width


def padding_mask(attention_mask: Mask) -> Mask:
    """A query attends to the tokens of the text, not to padding.

        mask[i, j] = attention_mask[j]

    attention_mask: [key]
    returns:        [1, key]
    """
    return attention_mask[None, :]
