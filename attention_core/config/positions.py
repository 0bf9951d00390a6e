"""Positional encodings: rotary embeddings, ALiBi and relative position buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scaling = Literal["none", "linear", "dynamic", "yarn", "longrope", "llama3"]


@dataclass(frozen=True, kw_only=True)
class Rotary:
    """Rotary position embeddings: pairs of query and key dimensions, rotated by angles proportional to the position.

    dim:         how many of a head's first dimensions are rotated
    base:        the first pair is rotated by 1 radian per position, the last by about 1 / base
    interleaved: whether a pair is two adjacent dimensions (GPT-J), or two dimensions half of `dim` apart (Llama)
    scaling, factor: how frequencies are scaled for longer contexts
    original_n_ctx:  the context length before scaling (dynamic, yarn, longrope, llama3)
    amplitude:   the factor of cosines and sines (yarn, longrope)
    low_freq_factor, high_freq_factor: llama3: wavelengths above original_n_ctx / low_freq_factor are scaled, those
                 below original_n_ctx / high_freq_factor are not
    beta_fast, beta_slow: yarn: pairs with more than beta_fast rotations within original_n_ctx are not scaled, those
                 with fewer than beta_slow are
    truncate:    yarn: whether the bounds between these pairs are rounded to integers
    short_factor, long_factor: longrope: the divisor of each frequency, within original_n_ctx and beyond it

    Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
    """

    dim: int
    base: float = 10000.0
    interleaved: bool = False
    scaling: Scaling = "none"
    factor: float = 1.0
    original_n_ctx: int = 0
    amplitude: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    truncate: bool = True
    short_factor: tuple[float, ...] = ()
    long_factor: tuple[float, ...] = ()


@dataclass(frozen=True)
class Alibi:
    """ALiBi: a position bias in the scores that decreases with the distance of the key, with one slope per head.

        score[h, i, j] + slope[h] * position[j]

    This is the paper's -slope[h] * (position[i] - position[j]) without the part that is constant over a query's keys,
    which the softmax cancels.

    scaled: whether the bias is divided by sqrt(d_head), like q·k (Falcon)
    coarse: whether slope, position and their product are rounded to bfloat16 (Falcon)

    Source: Press et al. 2021, https://arxiv.org/abs/2108.12409
    """

    scaled: bool = False
    coarse: bool = False


@dataclass(frozen=True)
class Relative:
    """Relative position buckets: small distances have one each, larger ones share logarithmically spaced ones.

    n_buckets:     the number of buckets
    max_distance:  distances from here on share the last bucket
    bidirectional: whether keys after the query have buckets of their own

    Source: Raffel et al. 2019, https://arxiv.org/abs/1910.10683
    """

    n_buckets: int
    max_distance: int
    bidirectional: bool
