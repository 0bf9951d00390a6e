"""The solution of a worked example: in float64, in fractions, or rounded at every step as on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from attention_core.architecture.attention import attention_stages, projection_stages
from attention_core.architecture.declare import stage
from attention_core.computation.arithmetic import Op, Value, apply
from attention_core.computation.derivation import Address, Term
from attention_core.computation.stage import Numbers, Rounding, Stage, Weighting, by_hand, cell_at, compute
from attention_core.errors import InputError
from attention_core.lessons.lesson import Lesson, WeightRule, allowed
from attention_core.lessons.softmax_alternatives import Argmax, DivideBySum
from attention_core.ops.basic import Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Scale
from attention_core.ops.softmax import Softmax

WEIGHT_RULES: Mapping[WeightRule, Weighting] = {"softmax": Softmax(), "share": DivideBySum(), "hardmax": Argmax()}
INPUTS: Mapping[str, tuple[str, str, str]] = {
    "Q": ("q[head, query, dim]", "query", "Queries"),
    "K": ("k[head, key, dim]", "key", "Keys"),
    "V": ("v[head, key, dim]", "value", "Values"),
    "X": ("x[position, model]", "plain", "Embeddings"),
    "W_Q": ("W_Q[head, model, dim]", "plain", "Query weights"),
    "W_K": ("W_K[head, model, dim]", "plain", "Key weights"),
    "W_V": ("W_V[head, model, dim]", "plain", "Value weights"),
    "W_O": ("W_O[head, dim, model]", "plain", "Output weights"),
}
"""The inputs: name in the lesson -> name and axes in the computation, role, title."""


def lesson_stages(lesson: Lesson) -> dict[str, Stage]:
    """The stages of a lesson's computation, by name."""
    masked = not allowed(lesson).all()
    scaled = lesson.scaled or lesson.temperature != 1
    scale = Scale(float(lesson.d_head) if lesson.scaled else None, lesson.temperature) if scaled else None
    inputs = [
        stage(declaration, Input(), role=role, title=title)
        for declaration, role, title in (INPUTS[name] for name in lesson.numbers)
    ]  # fmt: skip
    from_x = lesson.entry == "x"
    stages = [
        *inputs,
        *(projection_stages("x") if from_x else []),
        *attention_stages(scale, masked, WEIGHT_RULES[lesson.weigh]),
    ]
    if not masked:
        stages.append(stage("mask[query, key]", Input(), title="Mask"))
    if from_x:
        stages.append(stage("out[query, model]", Einsum(), "z[head, query, dim]", "W_O[head, dim, model]",
                            title="Heads concatenated, then W_O", equation="out = z · W_O"))  # fmt: skip
    return {each.name: each for each in stages}


@dataclass(frozen=True)
class Solution:
    """A lesson and all numbers of its computation.

    numbers: float64; Fractions where `form` is "fraction" and they are exact; rounded where it is "paper"
    """

    lesson: Lesson
    stages: Mapping[str, Stage]
    numbers: dict[str, Numbers]

    def stage(self, name: str, layer: int | None = None) -> Stage:
        """The stage that computes a quantity; InputError when there is none of this name."""
        if name not in self.stages:
            raise InputError(f"There is no quantity named {name!r} here.")
        return self.stages[name]

    def has(self, name: str, layer: int | None = None) -> bool:
        """Whether there is a quantity with this name."""
        return name in self.stages

    def array(self, name: str, layer: int | None = None) -> Numbers:
        """All numbers of a quantity."""
        return self.numbers[name]

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """InputError: a lesson gathers along no axis."""
        raise InputError(f"There is no axis named {axis!r} here.")

    def origin(self, name: str, layer: int | None = None) -> str:
        """Where an input number comes from, in words."""
        return "1: the query may attend to this key. 0: it may not." if name == "mask" else "An input of this example."

    def term(self, address: Address) -> Term:
        """The derivation of a number; InputError when there is no such number."""
        term = cell_at(self, self.stage(address.quantity), address.indices).term()
        return round_steps(term, round_on_paper(self.lesson.decimals)) if self.lesson.form == "paper" else term

    @cached_property
    def error(self) -> dict[str, float]:
        """The largest rounding error of each computed quantity."""
        exact = solve(self.lesson, "decimal").numbers
        computed = (name for name, stage in self.stages.items() if not isinstance(stage.operation, Input))
        return {name: max_difference(self.numbers[name].astype(float), exact[name]) for name in computed}


def max_difference(a: Numbers, b: Numbers) -> float:
    """The largest difference between two quantities, where both are finite."""
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.abs(a[both] - b[both]).max(initial=0.0))


def solve(lesson: Lesson, form: str | None = None) -> Solution:
    """The solution of a lesson, in its own form or in the one given."""
    form = form or lesson.form
    solution = Solution(lesson, lesson_stages(lesson), input_arrays(lesson, exact=form == "fraction"))
    for name, each in solution.stages.items():
        if name not in solution.numbers:
            solution.numbers[name] = (
                compute(solution, each)
                if form == "decimal"
                else by_hand(solution, each, paper_rounding(lesson.decimals) if form == "paper" else unrounded)
            )
    return solution


def input_arrays(lesson: Lesson, exact: bool) -> dict[str, Numbers]:
    """The inputs with the declared axes; as fractions if `exact`."""
    heads, width = lesson.n_heads, lesson.d_head
    shapes = {"X": (lesson.n_tokens, lesson.d), "W_O": (heads, width, lesson.d)}
    arrays: dict[str, Numbers] = {"mask": allowed(lesson)}
    for name, rows in lesson.numbers.items():
        numbers = np.array(rows)
        if exact:
            numbers = np.array([[exact_fraction(x) for x in row] for row in rows], dtype=object)
        if name in shapes:
            numbers = numbers.reshape(shapes[name])
        else:
            numbers = numbers.reshape(-1, heads, width).transpose(1, 0, 2)
        arrays[INPUTS[name][0].partition("[")[0]] = numbers
    return arrays


def exact_fraction(number: float) -> Fraction:
    """The fraction that was written: 11/20 for 0.55, and 1/3 for the number nearest to it."""
    short = Fraction(number).limit_denominator(1000)
    return short if float(short) == number else Fraction(repr(number))


def unrounded(numbers: Numbers) -> Numbers:
    """The numbers as they are."""
    return numbers


def paper_rounding(decimals: int) -> Rounding:
    """Rounding as on paper: to this many decimals, halves away from zero."""
    scale = 10.0**decimals

    def rounded(numbers: Numbers) -> Numbers:
        # A decimal half may be slightly less in binary; beyond 2^52 there are no decimals to round.
        steps = np.abs(numbers) * scale
        return np.where(steps < 2.0**52, np.sign(numbers) * np.floor(steps + 0.5 + 1e-9) / scale, numbers)

    return rounded


def round_on_paper(decimals: int) -> Callable[[Value], Value]:
    """`paper_rounding` for a single number."""
    rounded = paper_rounding(decimals)
    return lambda value: float(rounded(np.array(float(value))))


STEP_NAMES: dict[Op, str] = {"exp": "power", "sqrt": "root", "quotient": "score ÷ root"}


def round_steps(term: Term, rounded: Callable[[Value], Value]) -> Term:
    """The same tree as on paper: every result rounded, and what is rounded before a division in a line of its own."""
    parts = tuple(round_steps(part, rounded) for part in term.parts)
    if not parts:
        return term
    if term.op == "quotient":
        parts = tuple(
            part.named(STEP_NAMES[part.op]) if not part.name and part.op in STEP_NAMES else part for part in parts
        )
    return replace(term, parts=parts, value=rounded(apply(term.op, [part.value for part in parts])))
