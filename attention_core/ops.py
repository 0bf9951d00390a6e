"""Softmax, layer norm and activations, in float32 and in place where the forward pass needs it.

The functions ending in an underscore overwrite their first argument and return it.
"""

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from attention_core.arrays import Array

# 1 / erfc(a / sqrt 2) is close to the 16th power of a polynomial of degree 7. These coefficients, highest
# first, minimize the largest error of gelu over a in [0, 6.5]: 5e-8 before float32 rounding. Beyond it both
# grow so much that what they divide is 0. The last is exact: a power of its rounding would shift every number.
ERFC_ROOT: Final = tuple(
    np.float32(c)
    for c in (
        8.168992037191347e-07,
        -2.073596109691128e-06,
        7.478650453533568e-05,
        -5.1503070135263535e-06,
        0.0033133023385962003,
        0.02112751476493271,
        0.0498690967870937,
        1.0,
    )
)
LEAST_TOTAL: Final = 1e-9  # of a row's powers: a weight of any note is then a normal float32 number
BLOCK: Final = 1 << 16  # elements: a block and its temporaries stay in a core's second-level cache


def softmax_(scores: Array, sinks: Array | None = None) -> Array:
    """Softmax over the last axis, in place.

        softmax(s)[j] = exp(s[j] - max(s)) / sum over j of exp(s[j] - max(s))

    scores:  [..., key], contiguous, -inf where masked
    sinks:   [head], of the first axis: one more score in maximum and sum of each row, that no key has
    returns: [..., key], rows that sum to 1, or with a sink to less; a row of nothing but -inf gives zeros
    """
    rows = scores.reshape(-1, scores.shape[-1])
    beside = by_row(sinks, len(rows))
    for each in row_blocks(*rows.shape):
        block = rows[each]
        top = block.max(axis=-1, keepdims=True)
        if beside is not None:
            np.maximum(top, beside[each], out=top)
        np.copyto(top, 0, where=np.isneginf(top))
        block -= top
        np.exp(block, out=block)
        total = np.einsum("rk->r", block)[:, None]
        if beside is not None:
            total += np.exp(beside[each] - top)
        np.copyto(total, 1, where=total == 0)
        block *= 1 / total
    return scores


def small_softmax_(scores: Array, sinks: Array | None = None) -> bool:
    """Softmax over the last axis of scores that are near 0, as most are: no maximum is taken off first; in place.

        softmax(s)[j] = exp(s[j]) / sum over j of exp(s[j])

    scores:  [..., key], contiguous, -inf where masked
    sinks:   [head], as for `softmax_`
    returns: whether they were near enough; when the powers of a row leave float32's range, the scores are lost
    """
    rows = scores.reshape(-1, scores.shape[-1])
    beside = by_row(sinks, len(rows))
    with np.errstate(over="ignore"):
        for each in row_blocks(*rows.shape):
            block = rows[each]
            np.exp(block, out=block)
            total = np.einsum("rk->r", block)
            if beside is not None:
                total += np.exp(beside[each, 0])
            if not (total.min() > LEAST_TOTAL and total.max() < np.inf):
                return False
            block *= (1 / total)[:, None]
    return True


def by_row(sinks: Array | None, rows: int) -> Array | None:
    """The sink of each row, [row, 1], where as many rows follow one another for each head."""
    return None if sinks is None else np.repeat(sinks, rows // sinks.size)[:, None]


def row_blocks(rows: int, width: int) -> list[slice]:
    """Slices that cut [rows, width] into blocks of about BLOCK elements."""
    step = max(1, BLOCK // width)
    return [slice(start, start + step) for start in range(0, rows, step)]


def layer_norm(x: Array, weight: Array, bias: Array | None, eps: float, out: Array) -> Array:
    """Layer norm over the last axis, written into `out`, which may be x.

        norm(x) = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias

    x, out:       [..., position, d_model]; the variance is the mean squared deviation
    weight, bias: [d_model]; no bias is none

    Source: Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450
    """
    width = np.float32(x.shape[-1])
    np.subtract(x, np.vecdot(x, np.full(x.shape[-1], 1 / width))[..., None], out=out)
    variance = np.vecdot(out, out) / width
    out *= (1 / np.sqrt(variance + np.float32(eps)))[..., None]
    out *= weight
    if bias is not None:
        out += bias
    return out


def rms_norm(x: Array, weight: Array, eps: float, out: Array) -> Array:
    """Root-mean-square norm over the last axis, written into `out`, which may be x.

        norm(x) = x / sqrt(mean(x * x) + eps) * weight

    x, out: [..., position, d_model]
    weight: [d_model]

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    size = np.vecdot(x, x) / x.dtype.type(x.shape[-1])
    np.multiply(x, (1 / np.sqrt(size + x.dtype.type(eps)))[..., None], out=out)
    out *= weight
    return out


def gelu_(x: Array) -> Array:
    """Gaussian error linear unit, in place, within 1e-6 of the exact function.

        gelu(x) = x * Phi(x) = (x + |x| - |x| * erfc(|x| / sqrt(2))) / 2

    x: any shape, contiguous

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    # A power that leaves float32's range is infinite, and the quotient 0, as it is to be.
    with np.errstate(over="ignore"):
        for block in blocks(x):
            size = np.abs(block)
            root = size * ERFC_ROOT[0]
            for coefficient in ERFC_ROOT[1:-1]:
                root += coefficient
                root *= size
            root += ERFC_ROOT[-1]
            for _ in range(4):
                root *= root
            np.divide(size, root, out=root)
            block += size
            block -= root
            block *= np.float32(0.5)
    return x


def relu_(x: Array) -> Array:
    """Rectified linear unit, in place: relu(x) = max(x, 0)."""
    return np.clip(x, 0, np.inf, out=x)  # which takes half the time of a maximum


def blocks(x: Array) -> Iterator[Array]:
    """The numbers of an array in pieces that stay in cache, to be overwritten; x is contiguous in some order."""
    flat = x.ravel(order="K")
    if not np.shares_memory(flat, x):
        raise ValueError("Only an array without gaps is overwritten in blocks.")
    for start in range(0, flat.size, BLOCK):
        yield flat[start : start + BLOCK]


def gelu_tanh_(x: Array) -> Array:
    """The tanh approximation of gelu, in place.

        gelu_tanh(x) = x / 2 * (1 + tanh(u)) = x / (1 + exp(-2 * u)), u = sqrt(2 / pi) * (x + 0.044715 * x ** 3)

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    slope = np.float32(-2 * math.sqrt(2 / math.pi))
    for block in blocks(x):
        power = block * block
        power *= np.float32(0.044715) * slope
        power += slope
        power *= block
        divide_by_power_(block, power)
    return x


def silu_(x: Array, slope: float = 1.0) -> Array:
    """Each number times its logistic function, in place.

        silu(x) = x / (1 + exp(-slope * x))

    Source: Elfwing et al. 2017, https://arxiv.org/abs/1702.03118
    """
    for block in blocks(x):
        divide_by_power_(block, block * np.float32(-slope))
    return x


def divide_by_power_(x: Array, power: Array) -> None:
    """x / (1 + exp(power)), in place; the power is overwritten too."""
    with np.errstate(over="ignore"):  # an exponential that leaves float32's range is infinite, and the quotient 0
        np.exp(power, out=power)
    power += 1
    x /= power


def quick_gelu_(x: Array) -> Array:
    """The logistic approximation of gelu, in place: x / (1 + exp(-1.702 * x))."""
    return silu_(x, 1.702)


def tanh_(x: Array) -> Array:
    """Hyperbolic tangent, in place."""
    return np.tanh(x, out=x)


ACTIVATIONS: Final[dict[str, Callable[[Array], Array]]] = {
    "gelu": gelu_,
    "gelu_tanh": gelu_tanh_,
    "quick_gelu": quick_gelu_,
    "relu": relu_,
    "silu": silu_,
    "tanh": tanh_,
}
