"""Masks as predicates over positions: True where a query may look at a key; combined by and."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def causal(n_query: int, n_key: int) -> Mask:
    """A query sees itself and what came before.

        mask[i, j] = j <= i

    returns: [query, key]
    """
    return np.arange(n_key)[None, :] <= np.arange(n_query)[:, None]


def window(n_query: int, n_key: int, width: int) -> Mask:
    """A query sees the keys that are less than a width away, on both sides.

        mask[i, j] = |i - j| < width

    returns: [query, key]
    """
    return np.abs(np.arange(n_key)[None, :] - np.arange(n_query)[:, None]) < width


def padding(seen: Mask) -> Mask:
    """Every query sees the keys that are tokens of the text, and none of those that fill it up.

        mask[i, j] = seen[j]

    seen:    [key]
    returns: [1, key]
    """
    return seen[None, :]
