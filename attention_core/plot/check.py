"""Validation of the arguments that all attention figures share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core.errors import InputError
from attention_core.validate import is_int, summarize

PatternArray = NDArray[np.float64]


def checked_pattern(pattern: ArrayLike, queries: Sequence[Any], keys: Sequence[Any]) -> PatternArray:
    """The pattern as float64 [query, key]; InputError unless it holds one head's attention weights."""
    try:
        weights = np.asarray(pattern, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected one head's pattern [query, key], got {summarize(pattern)}") from error
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


def check_position(name: str, position: int | None, n: int) -> None:
    """InputError if a token's position is out of range."""
    if position is not None and not (is_int(position) and 0 <= position < n):
        raise InputError(f"expected {name} from 0 to {n - 1}, a position of the {n} tokens, got {summarize(position)}")
