"""What positions are turned into: sinusoids, ALiBi slopes, buckets of distances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array, diagonals
from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.config.positions import Relative


def alibi_slopes(n_heads: int) -> Array:
    """By how much each head lowers a score for each place further away: [head].

        slope[h] = 2 ** (-8 (h + 1) / n_heads)

    For a number of heads that is no power of two, those of the next smaller one, then every other one of the
    next larger. As in the reference, it is the first slope in float32 whose powers the others are.

    Source: Press et al. 2021, https://arxiv.org/abs/2108.12409
    """
    whole = 1 << (n_heads.bit_length() - 1)
    first = power(np.float32(2 ** (-8 / whole)), np.arange(1, whole + 1))
    more = power(np.float32(2 ** (-4 / whole)), np.arange(1, 2 * (n_heads - whole), 2))
    return np.concatenate([first, more])


def power(base: np.float32, exponent: np.ndarray | float) -> Array:
    """base ** exponent, rounded to float32 once."""
    return np.asarray(np.float64(base) ** exponent, np.float32)


def buckets(relative: Relative, distance: np.ndarray) -> np.ndarray:
    """The bucket of each distance key - query, of any shape."""
    count = relative.buckets
    start: np.ndarray | int = 0
    if relative.both_ways:
        count //= 2
        start = np.where(distance > 0, count, 0)
        far = np.abs(distance)
    else:
        far = np.maximum(-distance, 0)
    own = count // 2
    # In float32 as in the reference, so that a distance on the border falls to the same side.
    ratio = np.log(np.maximum(far, 1).astype(np.float32) / np.float32(own)) / np.float32(math.log(relative.reach / own))
    shared = own + (ratio * np.float32(count - own)).astype(np.int64)
    return start + np.where(far < own, far, np.minimum(shared, count - 1))


def distance_buckets(relative: Relative, count: int, queries: slice) -> np.ndarray:
    """The bucket of every key's distance from some queries: [query, key], of a text with so many positions."""
    places = range(*queries.indices(count))
    line = buckets(relative, np.arange(count + len(places) - 1) - places[-1])
    return diagonals(line, len(places))


def wavelengths(width: int) -> np.ndarray:
    """By what a place is divided before its sine and cosine are taken: [(width + 1) // 2], in float64.

    wavelength[p] = 10000 ** (2 p / width)
    """
    return 10000.0 ** (2 * np.arange((width + 1) // 2) / width)


def sinusoids(places: np.ndarray, width: int) -> Array:
    """Sines in the first half of the width, cosines in the second: [position, model].

        sinusoid[i] = sin(places[i] / wavelength), then cos of the same

    Source: Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762
    """
    angle = places[:, None].astype(np.float64) / wavelengths(width)
    return np.concatenate([np.sin(angle), np.cos(angle[:, : width // 2])], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Sinusoid(Operation):
    """Sines of a place in the first half of the width, cosines in the second.

    result[m] = sin(place / wavelength[m]), then cos of the same

    width: how many there are for each place
    """

    width: int

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return sinusoids(inputs[0].numbers, self.width)

    def term(self, cell: Cell) -> Term:
        lengths, own = wavelengths(self.width), cell.index["model"]
        wavelength = Term(float(lengths[own % len(lengths)]), "wavelength")
        angle = make("quotient", (cell.part(cell.stage.inputs[0]), wavelength))
        return make("sin" if own < len(lengths) else "cos", (angle,))
