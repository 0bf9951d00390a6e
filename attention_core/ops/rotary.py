"""By how much each pair of dimensions turns from one place to the next, and how a scaling comes to that.

Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Term, make
from attention_core.computation.stage import Cell, Numbers, Operand, Operation
from attention_core.config.positions import Rotary
from attention_core.ops.basic import Input
from attention_core.ops.elementwise import Elementwise
from attention_core.ops.positions import power

ZERO, ONE = np.float32(0), np.float32(1)


def frequencies(rotary: Rotary, n: int) -> Array:
    """By how much each pair of dimensions turns from one place to the next: [pair].

        frequency[p] = base ** (-2 p / dim), scaled

    In float32 step by step, as in the reference: what a step rounds off is multiplied by the place.

    n: how many places there are, which dynamic and longrope look at
    """
    lengths = power(base(rotary, n), np.arange(0, rotary.dim, 2, dtype=np.float32) / np.float32(rotary.dim))
    plain: Array = ONE / lengths
    match rotary.scaling:
        case "linear":
            return plain / np.float32(rotary.factor)
        case "yarn":
            slowed = yarn(rotary)
            return ONE / (np.float32(rotary.factor) * lengths) * slowed + plain * (ONE - slowed)
        case "longrope":
            return ONE / (np.array(stretches(rotary, n), np.float32) * lengths)
        case "llama3":
            kept = llama3(rotary, plain)
            return (ONE - kept) * plain / np.float32(rotary.factor) + kept * plain
    return plain


def base(rotary: Rotary, n: int) -> np.float32:
    """What frequencies are powers of, which dynamic scaling enlarges where a text is longer than the model's own."""
    own = np.float32(rotary.base)
    if rotary.scaling != "dynamic" or n <= rotary.original:
        return own
    reached = np.float32(rotary.factor) * np.float32(n) / np.float32(rotary.original)
    return own * np.float32(power(reached - np.float32(rotary.factor - 1), rotary.dim / (rotary.dim - 2)))


def stretches(rotary: Rotary, n: int) -> tuple[float, ...]:
    """What longrope divides each frequency by, in a text of n places: [pair]."""
    return rotary.long if n > rotary.original else rotary.short


def yarn(rotary: Rotary) -> Array:
    """How far each pair is slowed down by the factor: 1 where it turns seldom, 0 where it turns often: [pair].

    Source: Peng et al. 2023, https://arxiv.org/abs/2309.00071
    """
    low, high = borders(rotary)
    pairs = np.arange(rotary.dim // 2, dtype=np.float32)
    return np.clip((pairs - low) / np.float32((high - low) or 0.001), ZERO, ONE)


def borders(rotary: Rotary) -> tuple[float, float]:
    """yarn's last pair that is not slowed down, and its first that wholly is."""

    def border(turns: float) -> float:
        return rotary.dim * math.log(rotary.original / (turns * 2 * math.pi)) / (2 * math.log(rotary.base))

    low, high = border(rotary.fast), border(rotary.slow)
    if rotary.truncate:
        low, high = math.floor(low), math.ceil(high)
    return max(low, 0), min(high, rotary.dim - 1)


def llama3(rotary: Rotary, plain: Array) -> Array:
    """How far each pair is left as it is: 1 for short wavelengths, 0 for long ones, which are stretched: [pair].

    Source: Grattafiori et al. 2024, https://arxiv.org/abs/2407.21783
    """
    wavelength = ONE / plain * np.float32(2 * math.pi)
    turns = ONE / wavelength * np.float32(rotary.original)  # within the original length
    return np.clip((turns - np.float32(rotary.low)) / np.float32(rotary.high - rotary.low), ZERO, ONE)


EQUATIONS = {
    "none": "base^(−2 × pair ÷ dim)",
    "dynamic": "(base × (factor × n ÷ original − factor + 1)^(dim ÷ (dim − 2)))^(−2 × pair ÷ dim)",
    "linear": "plain ÷ factor, plain = base^(−2 × pair ÷ dim)",
    "longrope": "plain ÷ factor[pair], plain = base^(−2 × pair ÷ dim)",
    "yarn": "plain ÷ factor × slowed + plain × (1 − slowed), plain = base^(−2 × pair ÷ dim)",
    "llama3": "plain ÷ factor × slowed + plain × (1 − slowed), plain = base^(−2 × pair ÷ dim)",
}
"""What a frequency is, by its scaling."""


@dataclass(frozen=True, kw_only=True)
class Frequency(Input):
    """A pair's frequency, which the configuration fixes, and what a scaling has made of it."""

    rotary: Rotary

    def term(self, cell: Cell) -> Term:
        rotary, pair = self.rotary, cell.index["pair"]
        n = int(cell.run.array("position_id", cell.stage.layer).max()) + 1
        power_of = f"{rotary.base:.10g}^(−2 × {pair} ÷ {rotary.dim})"
        plain = Term(rotary.base ** (-2 * pair / rotary.dim), "plain", note=f"plain = {power_of}")
        match rotary.scaling:
            case "linear":
                return divided(plain, rotary.factor, "linear scaling divides all frequencies by one factor.")
            case "longrope":
                kind = "long_factor" if n > rotary.original else "short_factor"
                why = f"the factor is number {pair} of {kind}, for a text of {n} places."
                return divided(plain, stretches(rotary, n)[pair], why)
            case "yarn":
                low, high = borders(rotary)
                why = f"slowed = (pair − {low:.4g}) ÷ {high - low:.4g}, kept between 0 and 1."
                return partly_slowed(plain, rotary.factor, float(yarn(rotary)[pair]), why)
            case "llama3":
                why = (
                    f"slowed = ({rotary.high:g} − {rotary.original} × plain ÷ 2π) ÷ {rotary.high - rotary.low:g}, "
                    "kept between 0 and 1."
                )
                kept = llama3(rotary, np.array([plain.value], np.float32))
                return partly_slowed(plain, rotary.factor, 1 - float(kept[0]), why)
            case "dynamic" if n > rotary.original:
                more = f"{rotary.factor:g} × {n} ÷ {rotary.original} − {rotary.factor - 1:g}"
                grown = f"({rotary.base:.10g} × ({more})^({rotary.dim} ÷ {rotary.dim - 2}))"
                return Term(cell.value(), note=f"Fixed: {grown}^(−2 × {pair} ÷ {rotary.dim}), in a text of {n} places.")
        return Term(cell.value(), note=f"Fixed: {power_of}.")


def divided(plain: Term, by: float, why: str) -> Term:
    """A frequency divided by a factor."""
    return replace(make("quotient", (plain, Term(by, "factor"))), note=f"{plain.note}; {why}")


def partly_slowed(plain: Term, by: float, share: float, why: str) -> Term:
    """A frequency of which a share is divided by a factor."""
    slow = make("product", (make("quotient", (plain, Term(by, "factor"))), Term(share, "slowed")))
    rest = make("product", (plain, Term(1 - share, "1 − slowed")))
    return replace(make("sum", (slow, rest)), note=f"{plain.note}; {why}")


@dataclass(frozen=True)
class CosSin(Elementwise):
    """The cosine or sine of an angle, times an amplitude that is 1 but for some long contexts."""

    name: Literal["cos", "sin"]
    amplitude: float = 1.0

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        (np.cos if self.name == "cos" else np.sin)(inputs[0].along(axes), out=out)
        if self.amplitude != 1:
            out *= out.dtype.type(self.amplitude)
        return out

    def term(self, cell: Cell) -> Term:
        made = make(self.name, (cell.part(cell.stage.inputs[0]),))
        return made if self.amplitude == 1 else make("product", (made, Term(self.amplitude, "amplitude")))


@dataclass(frozen=True)
class Rotate(Operation):
    """Pairs of dimensions turned by an angle; the inputs are x and the cosines and sines of its angles.

    result[a] = x[a] * cos - x[b] * sin;  result[b] = x[b] * cos + x[a] * sin

    dim:         how many dimensions, the first ones, are turned; the others pass as they are
    interleaved: whether a and b are neighbours, or half of `dim` apart

    Source: Su et al. 2021, https://arxiv.org/abs/2104.09864
    """

    dim: int
    interleaved: bool

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        x, cos, sin = inputs[0].numbers, *(each.along((*axes[:-1], "pair")) for each in inputs[1:])
        first, second = self._halves
        made = np.empty_like(x)
        made[..., self.dim :] = x[..., self.dim :]
        # A pair as a complex number a + b i, times cos + sin i.
        pairs = np.empty((*x.shape[:-1], self.dim // 2), np.result_type(x, np.complex64))
        pairs.real, pairs.imag = x[..., first], x[..., second]
        pairs *= cos + sin * pairs.dtype.type(1j)
        made[..., first], made[..., second] = pairs.real, pairs.imag
        return made

    @property
    def _halves(self) -> tuple[slice, slice]:
        if self.interleaved:
            return slice(0, self.dim, 2), slice(1, self.dim, 2)
        return slice(0, self.dim // 2), slice(self.dim // 2, self.dim)

    def term(self, cell: Cell) -> Term:
        x, cos, sin = cell.stage.inputs
        own = cell.index["dim"]
        if own >= self.dim:
            return make("sum", (cell.part(x),))
        half = self.dim // 2
        pair = own // 2 if self.interleaved else own % half
        later = own % 2 == 1 if self.interleaved else own >= half
        step = 1 if self.interleaved else half
        other = own - step if later else own + step
        turned = make("product", (cell.part(x), cell.part(cos, {"pair": pair})))
        crossed = make("product", (cell.part(x, {"dim": other}), cell.part(sin, {"pair": pair})))
        return make("sum" if later else "difference", (turned, crossed))
