"""The matrices of a solved lesson as sheets with titles and labels, the basis of all exports."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from attention_core.computation.arithmetic import Value
from attention_core.computation.derivation import Address, Term
from attention_core.computation.render import format_number
from attention_core.computation.stage import Numbers, Stage
from attention_core.lessons.solve import Solution
from attention_core.ops.basic import Input

POSITION_AXES = frozenset({"position", "query", "key"})


@dataclass(frozen=True)
class Sheet:
    """One matrix.

    name:          the quantity, with the head where there are several: "weight", "weight_head1"
    rows, columns: the labels of the rows and columns
    numbers:       [row, column]
    texts:         [row][column]; the numbers as the lesson shows them
    """

    name: str
    title: str
    equation: str
    given: bool
    rows: list[str]
    columns: list[str]
    numbers: Numbers
    texts: list[list[str]]


def sheets(solution: Solution) -> list[Sheet]:
    """All matrices, in the order of the computation."""
    return [each for stage in solution.stages.values() for each in stage_sheets(solution, stage)]


def stage_sheets(solution: Solution, stage: Stage) -> list[Sheet]:
    """The matrices of one quantity: one, or one for each head."""
    numbers = solution.array(stage.name)
    if "head" not in stage.axes:
        return [sheet(solution, stage, numbers, "")]
    if len(numbers) == 1:
        return [sheet(solution, stage, numbers[0], "")]
    return [sheet(solution, stage, part, str(head)) for head, part in enumerate(numbers)]


def sheet(solution: Solution, stage: Stage, numbers: Numbers, head: str) -> Sheet:
    """One matrix of a quantity; `head` is its head, or "" for a single matrix."""
    axes = [axis for axis in stage.axes if axis != "head"]
    labels = [
        list(solution.lesson.words) if axis in POSITION_AXES else [str(i) for i in range(size)]
        for axis, size in zip(axes, numbers.shape, strict=True)
    ]
    return Sheet(
        name=f"{stage.name}_head{head}" if head else stage.name,
        title=(stage.title or stage.name) + (f", head {head}" if head else ""),
        equation=stage.equation,
        given=isinstance(stage.operation, Input),
        rows=labels[0],
        columns=labels[1],
        numbers=numbers,
        texts=[[text_of(x, solution.lesson.decimals) for x in row] for row in numbers],
    )


def text_of(value: Value | np.bool_, decimals: int) -> str:
    """A cell as text; 1 or 0 for a mask."""
    if isinstance(value, np.bool_):
        return str(int(value))
    return format_number(value if isinstance(value, Fraction) else float(value), decimals)


def outputs(solution: Solution, query: int) -> list[tuple[str, Term]]:
    """The derivations of one query's attention weights and of each dimension of its output, with their names."""
    lesson = solution.lesson
    terms = []
    for head in range(lesson.n_heads):
        suffix = f", head {head}" if lesson.n_heads > 1 else ""
        for key, word in enumerate(lesson.words):
            terms.append((f"weight of “{word}”{suffix}", solution.term(Address("weight", (head, query, key)))))
        for dim in range(lesson.d_head):
            terms.append((f"z[{dim}]{suffix}", solution.term(Address("z", (head, query, dim)))))
    if "out" in solution.stages:
        terms += [(f"out[{m}]", solution.term(Address("out", (query, m)))) for m in range(lesson.d)]
    return terms
