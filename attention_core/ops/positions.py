"""Encodings of positions: sinusoids, ALiBi slopes, relative position buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array, toeplitz
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.config.positions import Relative


def alibi_slopes(n_heads: int) -> Array:
    """By how much each head lowers a score for each position further away: [head].

        slope[h] = 2 ** (-8 (h + 1) / n_heads)

    If the number of heads is not a power of two: the slopes for the next smaller power, then every other slope for
    the next larger one. As in the reference, all slopes are powers of the first one, rounded to float32.

    Source: Press et al. 2021, https://arxiv.org/abs/2108.12409
    """
    n = 1 << (n_heads.bit_length() - 1)
    first = power(np.float32(2 ** (-8 / n)), np.arange(1, n + 1))
    more = power(np.float32(2 ** (-4 / n)), np.arange(1, 2 * (n_heads - n), 2))
    return np.concatenate([first, more])


def power(base: np.float32, exponent: np.ndarray | float) -> Array:
    """base ** exponent, rounded to float32 once."""
    return np.asarray(np.float64(base) ** exponent, np.float32)


def relative_buckets(relative: Relative, distance: np.ndarray) -> np.ndarray:
    """The bucket of each distance key - query, of any shape."""
    count = relative.n_buckets
    start: np.ndarray | int = 0
    if relative.bidirectional:
        count //= 2
        start = np.where(distance > 0, count, 0)
        far = np.abs(distance)
    else:
        far = np.maximum(-distance, 0)
    exact = count // 2  # distances below this have their own buckets
    # In float32 as in the reference, so a distance at a boundary falls on the same side.
    log_range = np.float32(math.log(relative.max_distance / exact))
    ratio = np.log(np.maximum(far, 1).astype(np.float32) / np.float32(exact)) / log_range
    shared = exact + (ratio * np.float32(count - exact)).astype(np.int64)
    return start + np.where(far < exact, far, np.minimum(shared, count - 1))


def bucket_matrix(relative: Relative, count: int, queries: slice) -> np.ndarray:
    """The bucket of each key's distance from some queries, in a text of `count` positions: [query, key]."""
    positions = range(*queries.indices(count))
    line = relative_buckets(relative, np.arange(count + len(positions) - 1) - positions[-1])
    return toeplitz(line, len(positions))


def wavelengths(width: int) -> np.ndarray:
    """The divisors of a position in its sines and cosines: [(width + 1) // 2], in float64.

    wavelength[p] = 10000 ** (2 p / width)
    """
    return 10000.0 ** (2 * np.arange((width + 1) // 2) / width)


def sinusoids(positions: np.ndarray, width: int) -> Array:
    """Sines in the first half of the width, cosines in the second: [position, model].

        sinusoid[i] = sin(positions[i] / wavelength), then cos(positions[i] / wavelength)

    Source: Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762
    """
    angle = positions[:, None].astype(np.float64) / wavelengths(width)
    return np.concatenate([np.sin(angle), np.cos(angle[:, : width // 2])], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Sinusoid(Operation):
    """Sines of a position in the first half of the width, cosines in the second.

    result[m] = sin(position / wavelength[m]), then cos(position / wavelength[m])
    """

    width: int

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return sinusoids(inputs[0].numbers, self.width)

    def term(self, cell: Cell) -> Term:
        lengths, m = wavelengths(self.width), cell.index["model"]
        wavelength = Term(float(lengths[m % len(lengths)]), "wavelength")
        angle = combine("quotient", (cell.input_term(cell.stage.inputs[0]), wavelength))
        return combine("sin" if m < len(lengths) else "cos", (angle,))
