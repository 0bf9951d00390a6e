"""From the logits of a language model to the next token: probabilities, the most probable tokens, sampling.

The order is that of the reference: temperature, then top k, then top p.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attention_core.arrays import Array
from attention_core.errors import InputError
from attention_core.validate import is_int, is_real, summarize

Probabilities = NDArray[np.float64]
Choice = Callable[[Array], int]
"""Chooses the next token's id from the logits [d_vocab]."""


def probabilities(logits: Array, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Probabilities:
    """The probability of each token to be sampled next.

        p = softmax(logits / temperature), over the tokens that top k and top p keep

    logits:      [d_vocab]
    temperature: above 0; below 1 sharpens, above 1 flattens
    top_k:       keeps this many of the most probable tokens, and any tied with the last of them; 0 keeps all
    top_p:       keeps the most probable tokens up to the one with which their sum reaches top_p, lower ids first
                 among ties; above 0, and 1 keeps all
    returns:     [d_vocab], float64; sums to 1, 0 for the tokens that are not kept
    Raises InputError when a setting is out of range.

    Source: Fan et al. 2018, https://arxiv.org/abs/1805.04833; Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """
    check_settings(temperature, top_k, top_p)
    scores = logits.astype(np.float64)
    with np.errstate(over="ignore"):  # a tiny temperature leaves the largest logit only
        scores = (scores - scores.max()) / temperature
    if 0 < top_k < len(scores):
        scores[scores < np.partition(scores, -top_k)[-top_k]] = -np.inf
    kept = softmax(scores)
    if top_p < 1:
        # Sorted by scores: different scores may round to the same probability.
        ascending = np.argsort(-scores, kind="stable")[::-1]
        # A token goes if it and all less probable ones sum to at most 1 - top_p; the most probable one stays.
        kept[ascending[:-1][np.cumsum(kept[ascending])[:-1] <= 1 - top_p]] = 0
        kept /= kept.sum()
    return kept


def check_settings(temperature: float, top_k: int, top_p: float) -> None:
    """InputError when a setting of `probabilities` is out of its range."""
    if not is_real(temperature) or not temperature > 0:
        raise InputError(f"temperature is a number above 0, got {summarize(temperature)}; use ac.greedy instead of 0.")
    if not is_int(top_k) or top_k < 0:
        raise InputError(f"top_k is a whole number of tokens to keep, or 0 for all; got {summarize(top_k)}.")
    if not is_real(top_p) or not 0 < top_p <= 1:
        raise InputError(f"top_p is a probability above 0, or 1 for all tokens; got {summarize(top_p)}.")


def softmax(scores: Probabilities) -> Probabilities:
    """exp(scores) / sum(exp(scores)), of scores [d_vocab]; in float64."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def top_ids(logits: Array, count: int) -> list[int]:
    """The ids of the `count` most probable tokens, most probable first; among ties, the lower id first."""
    count = min(count, len(logits))
    least = np.partition(logits, -count)[-count]
    ids = np.flatnonzero(logits >= least)
    return ids[np.argsort(-logits[ids], kind="stable")][:count].tolist()


def greedy(logits: Array) -> int:
    """The most probable token, a choice for `write`; among ties, the lowest id.

        id = argmax(logits)

    logits: [d_vocab]
    """
    return int(logits.argmax())


def sampled(seed: int, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Choice:
    """A choice for `write` that samples the next token; the same seed and logits give the same tokens.

        p = softmax(logits / temperature), over the tokens that top_k and top_p keep

    temperature: above 0; below 1 sharpens, above 1 flattens
    top_k:       how many of the most probable tokens are kept; 0 keeps all
    top_p:       keeps the most probable tokens whose sum reaches this, above 0; 1 keeps all
    Raises InputError when a setting is out of range.

    Source: Fan et al. 2018, https://arxiv.org/abs/1805.04833; Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """
    check_settings(temperature, top_k, top_p)
    if not is_int(seed) or seed < 0:
        raise InputError(f"The seed is a whole number, at least 0, got {summarize(seed)}.")
    rng = np.random.default_rng(seed)

    def choose(logits: Array) -> int:
        return int(rng.choice(len(logits), p=probabilities(logits, temperature, top_k, top_p)))

    return choose
