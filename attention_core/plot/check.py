"""What every picture of a pattern asks of its arguments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.float64]


def checked(pattern: ArrayLike, queries: Sequence[Any], keys: Sequence[Any]) -> Weights:
    """The pattern as float64 [query, key]; ValueError that says what was expected, what was found, and what to do."""
    weights = np.asarray(pattern, np.float64)
    expected = (len(queries), len(keys))
    if weights.shape != expected or 0 in expected:
        raise ValueError(
            f"expected one head's pattern [query, key] = {list(expected)}, at least one token each way, "
            f"got shape {list(weights.shape)}: pass trace.pattern(layer)[head] and trace.tokens"
        )
    if not np.all(np.isfinite(weights)):
        raise ValueError("expected finite attention weights, got NaN or infinity: pass the pattern, not the scores")
    if weights.min() < -1e-4 or weights.max() > 1 + 1e-4:
        raise ValueError(
            f"expected attention weights from 0 to 1, got {weights.min():.4g} to {weights.max():.4g}: "
            "pass the pattern (after the softmax), not the scores"
        )
    return weights.clip(0, 1)


def check_place(name: str, place: int | None, n: int) -> None:
    """ValueError when a token's position is out of range."""
    if place is not None and not 0 <= place < n:
        raise ValueError(f"expected {name} from 0 to {n - 1}, the positions of the {n} tokens, got {place}")
