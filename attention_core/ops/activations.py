"""Functions of each number on its own: kernels in float32, in place, and the operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Op, Term, make
from attention_core.computation.stage import Cell, Numbers, Operand
from attention_core.ops.blocks import blocks
from attention_core.ops.elementwise import Elementwise

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


def quick_gelu_(x: Array) -> Array:
    """The logistic approximation of gelu, in place: x / (1 + exp(-1.702 * x))."""
    return silu_(x, 1.702)


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


def relu_(x: Array) -> Array:
    """Rectified linear unit, in place: relu(x) = max(x, 0)."""
    return np.clip(x, 0, np.inf, out=x)  # which takes half the time of a maximum


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


@dataclass(frozen=True)
class Activate(Elementwise):
    """A function of each number on its own."""

    name: Op

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        x = inputs[0].along(axes)
        if out is not x and not np.shares_memory(out, x):
            out[...] = x
        return ACTIVATIONS[self.name](out)

    def term(self, cell: Cell) -> Term:
        return make(self.name, (cell.part(cell.stage.inputs[0]),))
