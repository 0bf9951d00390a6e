"""What every picture of a pattern asks of its arguments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core.errors import InputError
from attention_core.validate import is_whole, told

Weights = NDArray[np.float64]


def checked(pattern: ArrayLike, queries: Sequence[Any], keys: Sequence[Any]) -> Weights:
    """The pattern as float64 [query, key]; InputError that says what was expected, what was found, and what to do."""
    try:
        weights = np.asarray(pattern, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected one head's pattern [query, key], got {told(pattern)}") from error
    expected = (len(queries), len(keys))
    if weights.shape != expected or 0 in expected:
        raise InputError(
            f"expected one head's pattern [query, key] = {list(expected)}, at least one token each way, "
            f"got shape {list(weights.shape)}: pass trace.pattern(layer)[head] and trace.tokens"
        )
    if not np.all(np.isfinite(weights)):
        raise InputError("expected finite attention weights, got NaN or infinity: pass the pattern, not the scores")
    if weights.min() < -1e-4 or weights.max() > 1 + 1e-4:
        raise InputError(
            f"expected attention weights from 0 to 1, got {weights.min():.4g} to {weights.max():.4g}: "
            "pass the pattern (after the softmax), not the scores"
        )
    return weights.clip(0, 1)


def check_place(name: str, place: int | None, n: int) -> None:
    """InputError when a token's position is out of range."""
    if place is not None and not (is_whole(place) and 0 <= place < n):
        raise InputError(f"expected {name} from 0 to {n - 1}, the positions of the {n} tokens, got {told(place)}")
