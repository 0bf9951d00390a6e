"""How a model knows the order of its tokens: sinusoids, rotations, and terms in the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
