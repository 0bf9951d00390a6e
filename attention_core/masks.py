"""Masks as predicates over positions: True where a query may look at a key."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def causal(n_query: int, n_key: int) -> Mask:
    """A query sees itself and what came before.

        mask[i, j] = j <= i

    returns: [query, key]
    """
    return np.arange(n_key)[None, :] <= np.arange(n_query)[:, None]
