"""How a model knows the order of its tokens: sinusoids, rotations, and terms in the score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from attention_core.arrays import Array, diagonals

Scaling = Literal["none", "linear", "dynamic", "yarn", "longrope", "llama3"]


@dataclass(frozen=True, kw_only=True)
class Rotary:
    """How queries and keys are rotated: pairs of dimensions, each by its own angle, which grows with the place.

    dim:         how many of a head's dimensions are rotated, the first ones
    base:        the first pair turns by 1 a place, the last by about 1 / base
    interleaved: whether neighbours are a pair (GPT-J), or a dimension and that half of `dim` further (Llama)
    scaling, factor: how frequencies are changed to reach further
    original:    the length that the model was trained for (dynamic, yarn, longrope, llama3)
    amplitude:   what cosines and sines are multiplied by (yarn, longrope)
    low, high:   llama3: wavelengths above original / low are stretched, below original / high are not
    fast, slow:  yarn: pairs that turn more often than `fast` within `original` are not stretched, less than `slow` are
    truncate:    yarn: whether the borders between these are made whole
    short, long: longrope: what each frequency is divided by, within `original` and beyond it

    Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
    """

    dim: int
    base: float = 10000.0
    interleaved: bool = False
    scaling: Scaling = "none"
    factor: float = 1.0
    original: int = 0
    amplitude: float = 1.0
    low: float = 1.0
    high: float = 4.0
    fast: float = 32.0
    slow: float = 1.0
    truncate: bool = True
    short: tuple[float, ...] = ()
    long: tuple[float, ...] = ()


@dataclass(frozen=True)
class Alibi:
    """A term in the score that falls with the distance of the key, in each head by its own slope.

        score[h, i, j] + slope[h] * place[j]

    This is the paper's -slope[h] * (place[i] - place[j]) without what is the same for all keys of a query, which a
    softmax takes off again.

    scaled: whether the term is divided by sqrt(d_head), as q·k is (Falcon)
    coarse: whether slope, place and their product are kept in bfloat16 (Falcon)

    Source: Press et al. 2021, https://arxiv.org/abs/2108.12409
    """

    scaled: bool = False
    coarse: bool = False


@dataclass(frozen=True)
class Relative:
    """Distances sorted into buckets: near ones each have their own, further ones share one by their logarithm.

    Source: Raffel et al. 2019, https://arxiv.org/abs/1910.10683
    """

    buckets: int
    reach: int
    both_ways: bool


def power(base: np.float32, exponent: np.ndarray | float) -> Array:
    """base ** exponent, rounded to float32 once."""
    return np.asarray(np.float64(base) ** exponent, np.float32)


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
