"""Self-attention in five steps: project, scores, pattern, mix, merge."""

import math

import numpy as np

from attention_core.arrays import Array
from attention_core.masks import Mask
from attention_core.ops import softmax_


def project(x: Array, W: Array, b: Array, n_heads: int) -> Array:
    """Queries, keys or values of every head.

        project(x)[h, i] = x[i] · W[:, h] + b[h]

    x:       [position, d_model]
    W:       [d_model, n_heads * d_head]; several matrices may stand side by side, as if they were more heads
    b:       [n_heads * d_head]
    returns: [head, position, d_head]
    """
    y = x @ W
    y += b
    return y.reshape(len(x), n_heads, -1).transpose(1, 0, 2)


def scores(q: Array, k: Array) -> Array:
    """Scaled dot products between every query and every key.

        scores[h, i, j] = q[h, i] · k[h, j] / sqrt(d_head)

    q:       [head, query, d_head]
    k:       [head, key, d_head]
    returns: [head, query, key], before the mask and the softmax

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    return np.matmul(q * np.float32(1 / math.sqrt(q.shape[-1])), k.transpose(0, 2, 1))


def pattern_(scores: Array, mask: Mask | None) -> Array:
    """Attention weights, in place of the scores.

        pattern[h, i] = softmax(scores[h, i] where mask[i], elsewhere -inf)

    scores:  [head, query, key]
    mask:    [query, key], True where the query may look, or None when it may look everywhere
    returns: [head, query, key]; rows sum to 1, or are all zeros where everything is masked
    """
    if mask is not None:
        np.copyto(scores, -np.inf, where=~mask)
    return softmax_(scores)


def mix(pattern: Array, v: Array) -> Array:
    """The values, weighted by the attention that they get.

        z[h, i] = sum over j of pattern[h, i, j] * v[h, j]

    pattern: [head, query, key]
    v:       [head, key, d_head]
    returns: [head, query, d_head]
    """
    return np.matmul(pattern, v)


def merge(z: Array, W_O: Array, b_O: Array) -> Array:
    """The heads joined side by side and brought back to the width of the stream.

        attn_out[i] = sum over h of z[h, i] · W_O[h] + b_O

    z:       [head, query, d_head]
    W_O:     [n_heads * d_head, d_model]
    b_O:     [d_model]
    returns: [query, d_model]
    """
    joined = z.transpose(1, 0, 2).reshape(z.shape[1], -1)
    out: Array = joined @ W_O
    out += b_O
    return out
