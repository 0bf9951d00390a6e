"""From the logits of a language model to the next token: probabilities, the best of them, and a draw.

The order is that of the reference: temperature, then the top k, then the top p of what is left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attention_core.arrays import Array
from attention_core.errors import InputError
from attention_core.validate import is_number, is_whole, told

Probabilities = NDArray[np.float64]
Choice = Callable[[Array], int]
"""How the next token is chosen from the logits [d_vocab]: its id."""


def probabilities(logits: Array, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Probabilities:
    """The chance of every token to be drawn next.

        p = softmax(logits / temperature), over the tokens that top k and top p leave

    logits:      [d_vocab]
    temperature: above 0; below 1 sharpens, above 1 flattens
    top_k:       how many of the likeliest tokens are left, with those as likely as the last of them; 0 leaves all
    top_p:       the likeliest tokens are left that together reach this share, the one that reaches it included;
                 above 0, and 1 leaves all; of equals, the lower id goes first
    returns:     [d_vocab], in float64; sums to 1, and 0 for what is left out
    Raises InputError when a setting is out of its range.

    Source: Fan et al. 2018, https://arxiv.org/abs/1805.04833; Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """
    check_settings(temperature, top_k, top_p)
    scores = logits.astype(np.float64) / temperature
    if 0 < top_k < len(scores):
        scores[scores < np.partition(scores, -top_k)[-top_k]] = -np.inf
    made = softmax(scores)
    if top_p < 1:
        # By scores: shares that differ may round to equals.
        upwards = np.argsort(-scores, kind="stable")[::-1]
        # Left out is what, with all that is less likely, does not reach beyond 1 - top_p; the likeliest stays.
        made[upwards[:-1][np.cumsum(made[upwards])[:-1] <= 1 - top_p]] = 0
        made /= made.sum()
    return made


def check_settings(temperature: float, top_k: int, top_p: float) -> None:
    """InputError when a setting of `probabilities` is out of its range."""
    if not is_number(temperature) or temperature <= 0:
        raise InputError(f"temperature is a number above 0, got {told(temperature)}; greedy takes the likeliest token.")
    if not is_whole(top_k) or top_k < 0:
        raise InputError(f"top_k is how many tokens are left, a whole number, or 0 for all; got {told(top_k)}.")
    if not is_number(top_p) or not 0 < top_p <= 1:
        raise InputError(f"top_p is a share above 0, or 1 for all tokens; got {told(top_p)}.")


def softmax(scores: Probabilities) -> Probabilities:
    """Scores [d_vocab] as shares of 1, in float64."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def best(logits: Array, count: int) -> list[int]:
    """The ids of the likeliest tokens, the likeliest first; of equals, the lower id first."""
    count = min(count, len(logits))
    least = np.partition(logits, -count)[-count]
    found = np.flatnonzero(logits >= least)
    return found[np.argsort(-logits[found], kind="stable")][:count].tolist()


def greedy(logits: Array) -> int:
    """The likeliest token, a choice for `write`; of equals, the one with the lowest id.

        id = argmax(logits)

    logits: [d_vocab]
    """
    return int(logits.argmax())


def sampled(seed: int, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Choice:
    """A choice for `write` that draws the next token; the same seed draws the same tokens from the same logits.

        p = softmax(logits / temperature), over the tokens that top_k and top_p leave

    temperature: above 0; below 1 sharpens, above 1 flattens
    top_k:       how many of the likeliest tokens are left; 0 leaves all
    top_p:       the likeliest tokens are left that together reach this share, above 0; 1 leaves all
    Raises InputError when a setting is out of its range.

    Source: Fan et al. 2018, https://arxiv.org/abs/1805.04833; Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """
    check_settings(temperature, top_k, top_p)
    if not is_whole(seed) or seed < 0:
        raise InputError(f"The seed is a whole number from 0 on, got {told(seed)}.")
    draw = np.random.default_rng(seed)

    def choose(logits: Array) -> int:
        return int(draw.choice(len(logits), p=probabilities(logits, temperature, top_k, top_p)))

    return choose
