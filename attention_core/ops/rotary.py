"""Rotary position embeddings: the frequency of each pair of dimensions, its scalings, and the rotation.

Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, combine
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.config.positions import Rotary
from attention_core.ops.basic import Input
from attention_core.ops.elementwise import Elementwise
from attention_core.ops.positions import power

ZERO, ONE = np.float32(0), np.float32(1)


def frequencies(rotary: Rotary, n: int) -> Array:
    """The angle in radians that each pair of dimensions is rotated by from one position to the next: [pair].

        frequency[p] = base ** (-2 p / dim), scaled

    Every step is in float32, as in the reference, because the position multiplies its rounding error.

    n: the number of positions, which dynamic and longrope scaling depend on
    """
    lengths = power(rope_base(rotary, n), np.arange(0, rotary.dim, 2, dtype=np.float32) / np.float32(rotary.dim))
    plain: Array = ONE / lengths
    match rotary.scaling:
        case "linear":
            return plain / np.float32(rotary.factor)
        case "yarn":
            ramp = yarn_ramp(rotary)
            return ONE / (np.float32(rotary.factor) * lengths) * ramp + plain * (ONE - ramp)
        case "longrope":
            return ONE / (np.array(longrope_factors(rotary, n), np.float32) * lengths)
        case "llama3":
            smooth = llama3_smooth(rotary, plain)
            return (ONE - smooth) * plain / np.float32(rotary.factor) + smooth * plain
    return plain


def rope_base(rotary: Rotary, n: int) -> np.float32:
    """The base of the frequencies, which dynamic scaling increases for texts longer than the original context."""
    base = np.float32(rotary.base)
    if rotary.scaling != "dynamic" or n <= rotary.original_n_ctx:
        return base
    ratio = np.float32(rotary.factor) * np.float32(n) / np.float32(rotary.original_n_ctx)
    return base * np.float32(power(ratio - np.float32(rotary.factor - 1), rotary.dim / (rotary.dim - 2)))


def longrope_factors(rotary: Rotary, n: int) -> tuple[float, ...]:
    """The factor that longrope divides each frequency by, in a text of n positions: [pair]."""
    return rotary.long_factor if n > rotary.original_n_ctx else rotary.short_factor


def yarn_ramp(rotary: Rotary) -> Array:
    """The share of each frequency that is divided by the factor: 1 for low frequencies, 0 for high ones: [pair].

    Source: Peng et al. 2023, https://arxiv.org/abs/2309.00071
    """
    low, high = yarn_range(rotary)
    pairs = np.arange(rotary.dim // 2, dtype=np.float32)
    return np.clip((pairs - low) / np.float32((high - low) or 0.001), ZERO, ONE)


def yarn_range(rotary: Rotary) -> tuple[float, float]:
    """The pairs where yarn's ramp starts, at 0, and ends, at 1."""

    def pair_with(turns: float) -> float:
        return rotary.dim * math.log(rotary.original_n_ctx / (turns * 2 * math.pi)) / (2 * math.log(rotary.base))

    low, high = pair_with(rotary.beta_fast), pair_with(rotary.beta_slow)
    if rotary.truncate:
        low, high = math.floor(low), math.ceil(high)
    return max(low, 0), min(high, rotary.dim - 1)


def llama3_smooth(rotary: Rotary, plain: Array) -> Array:
    """The share of each frequency that is left unscaled: 1 for short wavelengths, 0 for long ones: [pair].

    Source: Grattafiori et al. 2024, https://arxiv.org/abs/2407.21783
    """
    wavelength = ONE / plain * np.float32(2 * math.pi)
    turns = ONE / wavelength * np.float32(rotary.original_n_ctx)  # within the original context
    low, high = rotary.low_freq_factor, rotary.high_freq_factor
    return np.clip((turns - np.float32(low)) / np.float32(high - low), ZERO, ONE)


FREQUENCY_EQUATIONS = {
    "none": "base^(−2 × pair ÷ dim)",
    "dynamic": "(base × (factor × n ÷ original − factor + 1)^(dim ÷ (dim − 2)))^(−2 × pair ÷ dim)",
    "linear": "plain ÷ factor, plain = base^(−2 × pair ÷ dim)",
    "longrope": "plain ÷ factor[pair], plain = base^(−2 × pair ÷ dim)",
    "yarn": "plain ÷ factor × ramp + plain × (1 − ramp), plain = base^(−2 × pair ÷ dim)",
    "llama3": "plain ÷ factor × ramp + plain × (1 − ramp), plain = base^(−2 × pair ÷ dim)",
}
"""The equation of a frequency, by scaling."""


@dataclass(frozen=True, kw_only=True)
class Frequency(Input):
    """The frequency of a pair, fixed by the configuration and its scaling."""

    rotary: Rotary

    def term(self, cell: Cell) -> Term:
        rotary, pair = self.rotary, cell.index["pair"]
        n = int(cell.run.array("position_id", cell.stage.layer).max()) + 1
        power_of = f"{rotary.base:.10g}^(−2 × {pair} ÷ {rotary.dim})"
        plain = Term(rotary.base ** (-2 * pair / rotary.dim), "plain", note=f"plain = {power_of}")
        match rotary.scaling:
            case "linear":
                return divide_frequency(plain, rotary.factor, "linear scaling divides every frequency by the factor.")
            case "longrope":
                kind = "long_factor" if n > rotary.original_n_ctx else "short_factor"
                why = f"the factor is {kind}[{pair}], for a text of {n} positions."
                return divide_frequency(plain, longrope_factors(rotary, n)[pair], why)
            case "yarn":
                low, high = yarn_range(rotary)
                why = f"ramp = (pair − {low:.4g}) ÷ {high - low:.4g}, clamped between 0 and 1."
                return interpolate_frequency(plain, rotary.factor, float(yarn_ramp(rotary)[pair]), why)
            case "llama3":
                low, high = rotary.low_freq_factor, rotary.high_freq_factor
                ramp = f"({high:g} − {rotary.original_n_ctx} × plain ÷ 2π) ÷ {high - low:g}"
                why = f"ramp = {ramp}, clamped between 0 and 1."
                smooth = llama3_smooth(rotary, np.array([plain.value], np.float32))
                return interpolate_frequency(plain, rotary.factor, 1 - float(smooth[0]), why)
            case "dynamic" if n > rotary.original_n_ctx:
                ratio = f"{rotary.factor:g} × {n} ÷ {rotary.original_n_ctx} − {rotary.factor - 1:g}"
                base = f"({rotary.base:.10g} × ({ratio})^({rotary.dim} ÷ {rotary.dim - 2}))"
                note = f"Fixed: {base}^(−2 × {pair} ÷ {rotary.dim}), in a text of {n} positions."
                return Term(cell.value(), note=note)
        return Term(cell.value(), note=f"Fixed: {power_of}.")


def divide_frequency(plain: Term, factor: float, why: str) -> Term:
    """A frequency divided by a factor."""
    return replace(combine("quotient", (plain, Term(factor, "factor"))), note=f"{plain.note}; {why}")


def interpolate_frequency(plain: Term, factor: float, ramp: float, why: str) -> Term:
    """A frequency between the one divided by a factor, at ramp 1, and the plain one, at ramp 0."""
    scaled = combine("product", (combine("quotient", (plain, Term(factor, "factor"))), Term(ramp, "ramp")))
    rest = combine("product", (plain, Term(1 - ramp, "1 − ramp")))
    return replace(combine("sum", (scaled, rest)), note=f"{plain.note}; {why}")


@dataclass(frozen=True)
class CosSin(Elementwise):
    """The cosine or sine of an angle, times an amplitude that is 1 except with some long-context scalings."""

    name: Literal["cos", "sin"]
    amplitude: float = 1.0

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        (np.cos if self.name == "cos" else np.sin)(inputs[0].aligned(axes), out=out)
        if self.amplitude != 1:
            out *= out.dtype.type(self.amplitude)
        return out

    def term(self, cell: Cell) -> Term:
        value = combine(self.name, (cell.input_term(cell.stage.inputs[0]),))
        return value if self.amplitude == 1 else combine("product", (value, Term(self.amplitude, "amplitude")))


@dataclass(frozen=True)
class Rotate(Operation):
    """Pairs of dimensions rotated by an angle; the inputs are x and the cosines and sines of the angles.

    result[a] = x[a] * cos - x[b] * sin;  result[b] = x[b] * cos + x[a] * sin

    dim:         how many of the first dimensions are rotated; the rest are unchanged
    interleaved: whether a and b are adjacent, or half of `dim` apart

    Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
    """

    dim: int
    interleaved: bool

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, cos, sin = inputs[0].numbers, *(each.aligned((*axes[:-1], "pair")) for each in inputs[1:])
        first, second = self._halves
        result = np.empty_like(x)
        result[..., self.dim :] = x[..., self.dim :]
        # A pair as a complex number a + b i, times cos + sin i.
        pairs = np.empty((*x.shape[:-1], self.dim // 2), np.result_type(x, np.complex64))
        pairs.real, pairs.imag = x[..., first], x[..., second]
        pairs *= cos + sin * pairs.dtype.type(1j)
        result[..., first], result[..., second] = pairs.real, pairs.imag
        return result

    @property
    def _halves(self) -> tuple[slice, slice]:
        if self.interleaved:
            return slice(0, self.dim, 2), slice(1, self.dim, 2)
        return slice(0, self.dim // 2), slice(self.dim // 2, self.dim)

    def term(self, cell: Cell) -> Term:
        x, cos, sin = cell.stage.inputs
        dim = cell.index["dim"]
        if dim >= self.dim:
            return combine("sum", (cell.input_term(x),))
        half = self.dim // 2
        pair = dim // 2 if self.interleaved else dim % half
        is_second = dim % 2 == 1 if self.interleaved else dim >= half
        step = 1 if self.interleaved else half
        other = dim - step if is_second else dim + step
        cos_product = combine("product", (cell.input_term(x), cell.input_term(cos, {"pair": pair})))
        sin_product = combine("product", (cell.input_term(x, {"dim": other}), cell.input_term(sin, {"pair": pair})))
        return combine("sum" if is_second else "difference", (cos_product, sin_product))
