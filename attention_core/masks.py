"""Masks as predicates over positions: True where a query may look at a key; combined by and.

Where there are fewer queries than keys, the queries are the last positions: the others were run before.
"""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def causal(n_query: int, n_key: int) -> Mask:
    """A query sees itself and what came before.

        mask[i, j] = j <= place of i

    returns: [query, key]
    """
    return np.arange(n_key)[None, :] <= places(n_query, n_key)


def window(n_query: int, n_key: int, width: int) -> Mask:
    """A query sees the keys that are less than a width away, on both sides.

        mask[i, j] = |place of i - j| < width

    returns: [query, key]
    """
    return np.abs(np.arange(n_key)[None, :] - places(n_query, n_key)) < width


def places(n_query: int, n_key: int) -> NDArray[np.intp]:
    """Where the queries stand among the keys: [query, 1]."""
    return np.arange(n_key - n_query, n_key)[:, None]


def padding(seen: Mask) -> Mask:
    """Every query sees the keys that are tokens of the text, and none of those that fill it up.

        mask[i, j] = seen[j]

    seen:    [key]
    returns: [1, key]
    """
    return seen[None, :]
