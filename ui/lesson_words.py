"""The sentences on the Worked example page that are worked out from its numbers."""

from __future__ import annotations

import html

import numpy as np

from attention_core.derivation import Address
from attention_core.render import number
from attention_core.worked.solve import Solution

KINDS = {"q": "query", "k": "key", "v": "value", "z": "mixed value", "out": "output", "x": "embedding"}


def headline(solution: Solution, head: int) -> str:
    """What to see first: to whom each token gives most, for the one that gives most to another. HTML."""
    lesson, weights = solution.lesson, solution.array("weight")[head].astype(float)
    query = min(5, lesson.n_tokens - 1)
    row = weights[query]
    if not np.isfinite(row).all():
        said = "A row of scores sums to 0, and plain shares of 0 are not defined: softmax has no such gap."
        return f'<p class="say">{said}</p>'
    if not row.any():
        return f'<p class="say">Everything is masked for {word(lesson.words[query], "q")}: its weights are all 0.</p>'
    key = int(row.argmax())
    most = number(float(row[key]), lesson.decimals)
    said = f"{word(lesson.words[query], 'q')} gives most, <b>{most}</b>, to {word(lesson.words[key], 'k')}."
    return f'<p class="say">{said}{paper_error(solution)}</p>'


def paper_error(solution: Solution) -> str:
    """In paper mode, how far rounding has led from the exact result."""
    if solution.lesson.form != "paper":
        return ""
    last = "out" if "out" in solution.stages else "z"
    errors = solution.error
    return (
        f" On paper, with {solution.lesson.decimals} decimals, the weights are off by at most {errors['weight']:.2g} "
        f"and the outputs by at most {errors[last]:.2g}."
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
