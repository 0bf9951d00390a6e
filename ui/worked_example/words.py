"""The sentences on the Worked example page that are worked out from its numbers."""

from __future__ import annotations

import html
from fractions import Fraction

import numpy as np

from attention_core.computation.arithmetic import TOLERANCE, Value
from attention_core.computation.derivation import Address
from attention_core.computation.render import format_number
from attention_core.lessons.solve import Solution

KINDS = {"q": "query", "k": "key", "v": "value", "z": "mixed value", "out": "output", "x": "embedding"}


def headline(solution: Solution, head: int) -> str:
    """What to see first: to whom each token gives most, for the one that gives most to another. HTML."""
    lesson, weights = solution.lesson, solution.array("weight")[head].astype(float)
    query = asking(solution, head)
    row = weights[query]
    if not np.isfinite(row).all():
        said = "A row of scores sums to 0, and plain shares of 0 are not defined: softmax has no such gap."
        return f'<p class="say">{said}</p>'
    if not row.any():
        return f'<p class="say">Everything is masked for {word(lesson.words[query], "q")}: its weights are all 0.</p>'
    most = f"<b>{format_number(float(row.max()), lesson.decimals)}</b>"
    best = np.flatnonzero(np.isclose(row, row.max(), rtol=TOLERANCE, atol=0))
    if 1 < len(best) == np.count_nonzero(row):
        told = f"gives {most} to each of {len(best)} words alike"
    else:
        *others, last = (word(lesson.words[key], "k") for key in best)
        told = f"gives most, {most}, to {' and '.join(filter(None, [', '.join(others), last]))}"
        told += ", to each alike" if others else ""
    return f'<p class="say">{word(lesson.words[query], "q")} {told}.{paper_error(solution)}</p>'


def asking(solution: Solution, head: int) -> int:
    """The token to look at first: "it" where there is one, else the one that gives most to a single token."""
    words = solution.lesson.words
    if "it" in words:
        return words.index("it")
    return int(np.nan_to_num(solution.array("weight")[head].astype(float)).max(axis=-1).argmax())


def changes(solution: Solution, old: Solution | None, head: int) -> str:
    """What the last edit changed: how many numbers, and one of them, before → after. HTML, or nothing."""
    if old is None:
        return ""
    both = [name for name in solution.stages if name in old.stages and same_shape(solution, old, name)]
    moved = {name: places for name in both if len(places := np.argwhere(differs(solution, old, name)))}
    if not moved:
        return ""
    told = []
    for name in dict.fromkeys([next(iter(moved)), "weight" if "weight" in moved else next(reversed(moved))]):
        at = largest_change(solution, old, name)
        was, now = (format_number(value_at(each, name, at), solution.lesson.decimals) for each in (old, solution))
        told.append(f"{label(solution, name, at)}: {was} → {now}")
    total = sum(map(len, moved.values()))
    return f'<p class="changes">{counted(total, "number")} changed. {html.escape("; ".join(told))}.</p>'


def counted(count: int, thing: str) -> str:
    """So many of a thing: "1 number", "6 numbers"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def same_shape(solution: Solution, old: Solution, name: str) -> bool:
    """Whether a quantity has as many numbers as before."""
    return solution.array(name).shape == old.array(name).shape


def differs(solution: Solution, old: Solution, name: str) -> np.ndarray:
    """Where a quantity's numbers are not as they were."""
    a, b = solution.array(name).astype(float), old.array(name).astype(float)
    return (a != b) & ~(np.isnan(a) & np.isnan(b))


def largest_change(solution: Solution, old: Solution, name: str) -> tuple[int, ...]:
    """Where a quantity has changed most."""
    with np.errstate(invalid="ignore"):
        size = np.abs(solution.array(name).astype(float) - old.array(name).astype(float))
    size = np.where(differs(solution, old, name), np.nan_to_num(size, nan=np.inf), -1)
    return tuple(int(i) for i in np.unravel_index(size.argmax(), size.shape))


def value_at(solution: Solution, name: str, at: tuple[int, ...]) -> Value:
    """One number of a solution."""
    value = solution.array(name)[at]
    return value if isinstance(value, Fraction) else float(value)


def label(solution: Solution, name: str, at: tuple[int, ...]) -> str:
    """A number's name for a person: its quantity, its words and its dimension."""
    stage, words = solution.stage(name), solution.lesson.words
    index = dict(zip(stage.axes, at, strict=True))
    places = [words[index[axis]] for axis in ("position", "query", "key") if axis in index]
    dims = [str(index[axis]) for axis in ("dim", "model") if axis in index]
    return f"{stage.title or name} [{', '.join([*places, *dims])}]"


def paper_error(solution: Solution) -> str:
    """In paper mode, how far rounding has led from the exact result."""
    if solution.lesson.form != "paper":
        return ""
    last = "out" if "out" in solution.stages else "z"
    errors = solution.error
    return (
        f" On paper, with {counted(solution.lesson.decimals, 'decimal')}, the weights are off by at most "
        f"{errors['weight']:.2g} and the outputs by at most {errors[last]:.2g}."
    )


def word(text: str, role: str) -> str:
    """A word in quotation marks, as HTML."""
    return f'“<span class="{role}">{html.escape(text)}</span>”'


def where(solution: Solution, address: Address) -> str:
    """In words, which number an address is."""
    stage = solution.stages.get(address.quantity)
    if stage is None or len(stage.axes) != len(address.indices):
        return ""
    index = dict(zip(stage.axes, address.indices, strict=True))
    words = solution.lesson.words
    head = f"Head {index['head']}: " if solution.lesson.n_heads > 1 and "head" in index else ""
    places = [words[index[axis]] for axis in ("position", "query", "key") if index.get(axis, len(words)) < len(words)]
    named = " to ".join(f"“{each}”" for each in places)
    title = KINDS.get(address.quantity) or (stage.title or address.quantity)
    dim = next((f", dimension {index[axis]}" for axis in ("dim", "model") if axis in index and len(places) == 1), "")
    said = f"{head}{title}{', from ' if len(places) == 2 else ' of ' if places else ''}{named}{dim}."
    return said[:1].upper() + said[1:]
