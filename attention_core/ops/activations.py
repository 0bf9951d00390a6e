"""Activation functions: kernels in float32, and the operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.arithmetic import Op
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand
from attention_core.ops.blocks import cache_blocks
from attention_core.ops.elementwise import Elementwise

# 1 / erfc(a / sqrt 2) is close to the 16th power of a polynomial of degree 7. These coefficients, highest first,
# minimize the largest error of gelu over a in [0, 6.5]: 5e-8 before float32 rounding. Beyond 6.5 both are so large
# that the quotient is 0. The last coefficient is exact: the power of a rounded one would shift every result.
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


def gelu(x: Array) -> Array:
    """Gaussian error linear unit, within 1e-6 of the exact function.

        gelu(x) = x * Phi(x) = (x + |x| - |x| * erfc(|x| / sqrt(2))) / 2

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    size = np.abs(x)
    root = size * ERFC_ROOT[0]
    for coefficient in ERFC_ROOT[1:-1]:
        root += coefficient
        root *= size
    root += ERFC_ROOT[-1]
    with np.errstate(over="ignore"):  # a power beyond float32's range is infinite, and the quotient is 0
        for _ in range(4):
            root *= root
        np.divide(size, root, out=root)
    size += x
    size -= root
    size *= np.float32(0.5)
    return size


def gelu_tanh(x: Array) -> Array:
    """The tanh approximation of GELU.

        gelu_tanh(x) = x / 2 * (1 + tanh(u)) = x / (1 + exp(-2 * u)), u = sqrt(2 / pi) * (x + 0.044715 * x ** 3)

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    slope = np.float32(-2 * math.sqrt(2 / math.pi))
    power = x * x
    power *= np.float32(0.044715) * slope
    power += slope
    power *= x
    return over_one_plus_exp(x, power)


def quick_gelu(x: Array) -> Array:
    """The sigmoid approximation of GELU: x / (1 + exp(-1.702 * x))."""
    return over_one_plus_exp(x, x * np.float32(-1.702))


def silu(x: Array) -> Array:
    """Sigmoid linear unit, also called swish.

        silu(x) = x / (1 + exp(-x))

    Source: Elfwing et al. 2017, https://arxiv.org/abs/1702.03118
    """
    return over_one_plus_exp(x, -x)


def over_one_plus_exp(x: Array, power: Array) -> Array:
    """x / (1 + exp(power)); `power` is overwritten."""
    with np.errstate(over="ignore"):  # an exponential beyond float32's range is infinite, and the quotient is 0
        np.exp(power, out=power)
    power += 1
    return np.divide(x, power, out=power)


def relu(x: Array) -> Array:
    """Rectified linear unit: relu(x) = max(x, 0)."""
    return np.clip(x, 0, np.inf)  # takes half the time of np.maximum


ACTIVATION_FUNCTIONS: Final[Mapping[str, Callable[[Array], Array]]] = {
    "gelu": gelu, "gelu_tanh": gelu_tanh, "quick_gelu": quick_gelu, "relu": relu, "silu": silu, "tanh": np.tanh,
}  # fmt: skip


@dataclass(frozen=True)
class Activate(Elementwise):
    """An activation function, applied to each number."""

    name: Op

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        for x, result in cache_blocks(inputs[0].aligned(axes), out):
            result[...] = ACTIVATION_FUNCTIONS[self.name](x)
        return out

    def term(self, cell: Cell) -> Term:
        return combine(self.name, (cell.input_term(cell.stage.inputs[0]),))
