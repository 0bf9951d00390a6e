"""What every picture of a pattern asks of its arguments."""

from collections.abc import Sequence

import numpy as np


def checked(pattern: np.ndarray, tokens: Sequence[str]) -> np.ndarray:
    """The pattern as float64 [query, key]; ValueError that says what was expected, and what was found."""
    weights = np.asarray(pattern, np.float64)
    n = len(tokens)
    if weights.shape != (n, n) or n == 0:
        raise ValueError(
            f"Expected one head's pattern [query, key] for {n} tokens, got shape {list(weights.shape)}: "
            "pass trace.pattern(layer)[head] and trace.tokens."
        )
    if not np.all(np.isfinite(weights)):
        raise ValueError("Expected finite attention weights, got NaN or infinity: pass the pattern, not the scores.")
    if weights.min() < -1e-4 or weights.max() > 1 + 1e-4:
        raise ValueError(
            f"Expected attention weights from 0 to 1, got {weights.min():.4g} to {weights.max():.4g}: "
            "pass the pattern, not the scores."
        )
    return weights


def check_place(name: str, place: int | None, n: int) -> None:
    """ValueError when a token's number is out of range."""
    if place is not None and not 0 <= place < n:
        raise ValueError(f"Expected {name} from 0 to {n - 1}, got {place}.")
