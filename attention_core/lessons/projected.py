"""A head of a real model, approximated in so few dimensions that it can be computed by hand."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core.config.masks import Mask
from attention_core.lessons.lesson import DIMENSIONS, LONGEST_WORD, TOKENS, Lesson, MatrixRows, allowed, check_whole

Float64 = NDArray[np.float64]
KEPT_DECIMALS = 4  # of a projected number in a lesson


class ProjectedHead(NamedTuple):
    """A head in d dimensions, [token, d] each, and the fractions of the squared scores and values that it keeps."""

    q: Float64
    k: Float64
    v: Float64
    kept_scores: float
    kept_values: float


def project_head(scores: ArrayLike, v: ArrayLike, d: int) -> ProjectedHead:
    """The best approximation of a head's scores, and of its values, in d dimensions.

        Q · Kᵀ / sqrt(d) = U_d Σ_d W_dᵀ, with U Σ Wᵀ = scores
        V = v · W_d,                     with U Σ Wᵀ = v
        kept = sum of the first d of σ² / sum of σ²

    Each dimension of Q and K has a factor sqrt(σ), and the sign that makes Q's largest number positive; likewise for
    V. Dimensions beyond the rank are 0.

    scores:  [query, key], before the mask and the softmax; 2 to 12 tokens
    v:       [token, d_head]
    d:       1 to 8
    returns: kept from 0 to 1; 1 when all numbers are 0

    Source: Eckart and Young 1936, https://doi.org/10.1007/BF02288367
    """
    real, wide_v = np.asarray(scores, dtype=np.float64), np.asarray(v, dtype=np.float64)
    check_whole("The number of words", len(real), TOKENS)
    check_whole("The number of dimensions", d, DIMENSIONS)
    u, sigma, w, kept_scores = _leading(real, d)
    share = np.sqrt(sigma) * d**0.25
    v_u, v_sigma, _, kept_values = _leading(wide_v, d)
    return ProjectedHead(u * share, w * share, v_u * v_sigma, kept_scores, kept_values)


def head_lesson(words: tuple[str, ...], head: ProjectedHead, mask: Mask | None = None) -> Lesson:
    """A projected head as a worked example, with numbers rounded to 4 decimals and long words shortened.

    mask: [query, key], True where the query may attend to the key; None for everywhere
    """
    short = tuple(word if len(word) <= LONGEST_WORD else f"{word[: LONGEST_WORD - 1]}…" for word in words)
    numbers = {"Q": _rounded(head.q), "K": _rounded(head.k), "V": _rounded(head.v)}
    lesson = Lesson(words=short, entry="qkv", n_heads=1, numbers=numbers)
    if mask is None:
        return lesson
    named = lesson if mask[0, -1] else replace(lesson, mask="causal")
    return replace(named, flipped=frozenset((int(q), int(k)) for q, k in np.argwhere(mask != allowed(named))))


def _leading(matrix: Float64, d: int) -> tuple[Float64, Float64, Float64, float]:
    """U [row, d], σ [d] and W [column, d] of a matrix, 0 beyond its rank, and the fraction of its squares kept."""
    u, sigma, w_t = np.linalg.svd(matrix, full_matrices=False)
    sigma[sigma <= sigma[0] * max(matrix.shape) * np.finfo(np.float64).eps] = 0
    total = float(sigma @ sigma)
    kept = float(sigma[:d] @ sigma[:d]) / total if total else 1.0
    u, w = u[:, :d], w_t[:d].T
    signs = np.where(u[abs(u).argmax(axis=0), np.arange(u.shape[1])] < 0, -1.0, 1.0)
    missing = ((0, 0), (0, d - u.shape[1]))
    return np.pad(u * signs, missing), np.pad(sigma[:d], missing[1]), np.pad(w * signs, missing), kept


def _rounded(rows: Float64) -> MatrixRows:
    return tuple(tuple(row) for row in rows.round(KEPT_DECIMALS).tolist())
