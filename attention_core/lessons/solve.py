"""A worked example carried out: exactly, in fractions, or rounded at every step as on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from attention_core.architecture.attention import attention_stages, projection_stages
from attention_core.architecture.declare import stage
from attention_core.computation.derivation import Address, Term, Value, round_steps
from attention_core.computation.stage import Numbers, Rounding, Stage, Weighting, by_hand, cell_at, compute
from attention_core.errors import InputError
from attention_core.lessons.lesson import Lesson, Weigh, allowed
from attention_core.lessons.softmax_alternatives import Argmax, DivideBySum
from attention_core.ops.basic import Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Scale
from attention_core.ops.softmax import Softmax

WEIGHINGS: Mapping[Weigh, Weighting] = {"softmax": Softmax(), "share": DivideBySum(), "hardmax": Argmax()}
GIVEN: Mapping[str, tuple[str, str, str]] = {
    "Q": ("q[head, query, dim]", "query", "Queries"),
    "K": ("k[head, key, dim]", "key", "Keys"),
    "V": ("v[head, key, dim]", "value", "Values"),
    "X": ("x[position, model]", "plain", "Embeddings"),
    "W_Q": ("W_Q[head, model, dim]", "plain", "Query weights"),
    "W_K": ("W_K[head, model, dim]", "plain", "Key weights"),
    "W_V": ("W_V[head, model, dim]", "plain", "Value weights"),
    "W_O": ("W_O[head, dim, model]", "plain", "Output weights"),
}
"""What a person puts in: its name there -> its name and axes in the computation, its colour and its title."""


def declared(lesson: Lesson) -> dict[str, Stage]:
    """The computation of a lesson, stage by stage."""
    masked = not allowed(lesson).all()
    scaled = lesson.scaled or lesson.temperature != 1
    scale = Scale(float(lesson.d_head) if lesson.scaled else None, lesson.temperature) if scaled else None
    given = [
        stage(made, Input(), role=role, title=title)
        for made, role, title in (GIVEN[name] for name in lesson.numbers)
    ]  # fmt: skip
    from_x = lesson.entry == "x"
    stages = [
        *given,
        *(projection_stages("x") if from_x else []),
        *attention_stages(scale, masked, WEIGHINGS[lesson.weigh]),
    ]
    if not masked:
        stages.append(stage("mask[query, key]", Input(), title="Mask"))
    if from_x:
        stages.append(stage("out[query, model]", Einsum(), "z[head, query, dim]", "W_O[head, dim, model]",
                            title="Heads joined, times W_O", equation="out = z · W_O"))  # fmt: skip
    return {each.name: each for each in stages}


@dataclass(frozen=True)
class Solution:
    """A lesson and all its numbers, in the form in which they are shown.

    numbers: float64; Fractions where `form` is "fraction" and they are exact; rounded where it is "paper"
    """

    lesson: Lesson
    stages: Mapping[str, Stage]
    numbers: dict[str, Numbers]

    def stage(self, name: str, layer: int | None = None) -> Stage:
        """The declared quantity of a name; InputError when there is none."""
        if name not in self.stages:
            raise InputError(f"There is no quantity named {name!r} here.")
        return self.stages[name]

    def has(self, name: str, layer: int | None = None) -> bool:
        """Whether there is a quantity of this name."""
        return name in self.stages

    def array(self, name: str, layer: int | None = None) -> Numbers:
        """All numbers of a quantity."""
        return self.numbers[name]

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """No axis follows another here."""
        raise InputError(f"There is no axis named {axis!r} here.")

    def origin(self, name: str, layer: int | None = None) -> str:
        """Where a given number comes from, in words."""
        return "1: the query may look at this key. 0: it may not." if name == "mask" else "A number that was put in."

    def term(self, address: Address) -> Term:
        """How a number is made; InputError when there is no such number."""
        made = cell_at(self, self.stage(address.quantity), address.indices).term()
        return round_steps(made, paper_value(self.lesson.decimals)) if self.lesson.form == "paper" else made

    @cached_property
    def error(self) -> dict[str, float]:
        """How far the numbers of each quantity that was worked out are at most from the exact ones."""
        exact = solve(self.lesson, "decimal").numbers
        made = (name for name, each in self.stages.items() if not isinstance(each.operation, Input))
        return {name: furthest(self.numbers[name].astype(float), exact[name]) for name in made}


def furthest(a: Numbers, b: Numbers) -> float:
    """The largest distance between two quantities, where both are finite."""
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.abs(a[both] - b[both]).max(initial=0.0))


def solve(lesson: Lesson, form: str | None = None) -> Solution:
    """Carry a lesson out, in its own form unless another is asked for."""
    form = form or lesson.form
    solution = Solution(lesson, declared(lesson), given_numbers(lesson, exact=form == "fraction"))
    for name, each in solution.stages.items():
        if name not in solution.numbers:
            solution.numbers[name] = (
                compute(solution, each)
                if form == "decimal"
                else by_hand(solution, each, paper(lesson.decimals) if form == "paper" else unrounded)
            )
    return solution


def given_numbers(lesson: Lesson, exact: bool) -> dict[str, Numbers]:
    """What was put in, with its axes as declared; as fractions where it is to stay exact."""
    heads, width = lesson.n_heads, lesson.d_head
    shapes = {"X": (lesson.n_tokens, lesson.d), "W_O": (heads, width, lesson.d)}
    found: dict[str, Numbers] = {"mask": allowed(lesson)}
    for name, rows in lesson.numbers.items():
        numbers = np.array(rows)
        if exact:
            numbers = np.array([[Fraction(repr(x)) for x in row] for row in rows], dtype=object)
        if name in shapes:
            numbers = numbers.reshape(shapes[name])
        else:
            numbers = numbers.reshape(-1, heads, width).transpose(1, 0, 2)
        found[GIVEN[name][0].partition("[")[0]] = numbers
    return found


def unrounded(numbers: Numbers) -> Numbers:
    """The numbers as they are."""
    return numbers


def paper(decimals: int) -> Rounding:
    """Rounding as a person does it: to so many decimals, halves away from zero."""
    scale = 10.0**decimals

    def rounded(numbers: Numbers) -> Numbers:
        # What is half a unit in decimals may lie a hair below it in binary; past 2^52 there is nothing left to round.
        steps = np.abs(numbers) * scale
        return np.where(steps < 2.0**52, np.sign(numbers) * np.floor(steps + 0.5 + 1e-9) / scale, numbers)

    return rounded


def paper_value(decimals: int) -> Callable[[Value], Value]:
    """The same for one number."""
    rounded = paper(decimals)
    return lambda value: float(rounded(np.array(float(value))))
