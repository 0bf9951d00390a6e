"""The sentences of the Worked example page that are computed from its numbers."""

from __future__ import annotations

import html
from collections.abc import Iterable

import numpy as np

from attention_core.computation.arithmetic import TOLERANCE
from attention_core.computation.derivation import Address
from attention_core.computation.render import format_number
from attention_core.computation.stage import cell_at
from attention_core.errors import InputError
from attention_core.lessons.sheets import POSITION_AXES
from attention_core.lessons.solve import Solution
from ui.matrices.matrix import cell_text, changed_numbers
from ui.words.sentences import count_of
from ui.words.short_names import Number, make_number, name_numbers, unnamed
from ui.worked_example.sentence import SentenceHead

QUANTITY_NAMES = {
    "x": "embedding", "q": "query", "k": "key", "v": "value", "product": "dot product", "score": "score",
    "masked": "masked score", "weight": "attention weight", "z": "weighted sum of values", "out": "output",
}  # fmt: skip


def attention_headline(solution: Solution, head: int) -> str:
    """The headline: the token that the first query attends to most. HTML."""
    lesson, weights = solution.lesson, solution.array("weight")[head].astype(float)
    query = first_query(solution, head)
    row = weights[query]
    if not np.isfinite(row).all():
        sentence = "A row of scores sums to 0, and dividing by 0 is undefined. Softmax does not have this problem."
        return f'<p class="say">{sentence}</p>'
    token = quoted_word(lesson.words[query], "q")
    if not row.any():
        return f'<p class="say">Everything is masked for {token}: its weights are all 0.</p>'
    most = f"<b>{format_number(float(row.max()), lesson.decimals)}</b>"
    best = np.flatnonzero(np.isclose(row, row.max(), rtol=TOLERANCE, atol=0))
    if 1 < len(best) == np.count_nonzero(row):
        attends = f"attends equally to {len(best)} words ({most} each)"
    else:
        *others, last = (quoted_word(lesson.words[key], "k") for key in best)
        keys = " and ".join(filter(None, [", ".join(others), last]))
        attends = f"attends most to {keys} ({most}{' each' if others else ''})"
    return f'<p class="say">{token} {attends}.{paper_error(solution)}</p>'


def model_weight(solution: Solution, head: SentenceHead) -> str:
    """The weight of the headline in the model itself, and why it is another one here. HTML."""
    query = first_query(solution, 0)
    key = int(solution.array("weight")[0, query].astype(float).argmax())
    weight = format_number(float(head.weights[head.positions[query], head.positions[key]]), solution.lesson.decimals)
    kept, n_tokens = len(head.positions), len(head.tokens)
    left_out = f", and only {kept} of the {n_tokens} tokens are kept" if kept < n_tokens else ""
    return (
        f'<p class="read">In the model this weight is {weight}, as Inspect shows. Here the head is reduced from '
        f"{head.d_head} dimensions to {solution.lesson.d_head}{left_out}.</p>"
    )


def first_query(solution: Solution, head: int) -> int:
    """The query to show first: "it" if there is one, else the one with the largest weight."""
    words = solution.lesson.words
    if "it" in words:
        return words.index("it")
    return int(np.nan_to_num(solution.array("weight")[head].astype(float)).max(axis=-1).argmax())


def change_summary(solution: Solution, old: Solution | None) -> str:
    """What the last edit changed: how many numbers, and the first and the last of them, before → after. HTML, or ""."""
    if old is None:
        return ""
    common = [name for name in solution.stages if name in old.stages and same_shape(solution, old, name)]
    changed = {name: cells for name in common if len(cells := np.argwhere(differs(solution, old, name)))}
    if not changed:
        return ""
    examples = []
    for name in dict.fromkeys([next(iter(changed)), "weight" if "weight" in changed else next(reversed(changed))]):
        at = largest_change(solution, old, name)
        decimals = solution.lesson.decimals
        old_text, new_text = (cell_text(each.array(name)[at], decimals) for each in (old, solution))
        examples.append(f"{entry_label(solution, name, at)}: {old_text} → {new_text}")
    total = sum(map(len, changed.values()))
    return f'<p class="changes">{count_of(total, "number")} changed. {html.escape("; ".join(examples))}.</p>'


def same_shape(solution: Solution, old: Solution, name: str) -> bool:
    """Whether a quantity has the same shape in both solutions."""
    return solution.array(name).shape == old.array(name).shape


def differs(solution: Solution, old: Solution, name: str) -> np.ndarray:
    """Where the numbers of a quantity differ between two solutions; see `changed_numbers`."""
    return changed_numbers(solution.array(name), old.array(name))


def largest_change(solution: Solution, old: Solution, name: str) -> tuple[int, ...]:
    """The index at which a quantity has changed most."""
    with np.errstate(invalid="ignore"):
        size = np.abs(solution.array(name).astype(float) - old.array(name).astype(float))
    size = np.where(differs(solution, old, name), np.nan_to_num(size, nan=np.inf), -1)
    return tuple(int(i) for i in np.unravel_index(size.argmax(), size.shape))


def entry_label(solution: Solution, name: str, at: tuple[int, ...]) -> str:
    """A label for one number: its quantity, its words and its dimension, and its head among several.

    W_O is shown with the dimensions of the concatenated heads.
    """
    stage, lesson = solution.stage(name), solution.lesson
    words, index = lesson.words, dict(zip(stage.axes, at, strict=True))
    if name == "W_O":
        index["dim"] += index.pop("head") * lesson.d_head
    cell = [words[i] if axis in POSITION_AXES else str(i) for axis, i in index.items() if axis != "head"]
    head = f", head {index['head']}" if "head" in index and lesson.n_heads > 1 else ""
    return f"{stage.title or name}{head} [{', '.join(cell)}]"


def paper_error(solution: Solution) -> str:
    """How far rounding each step has led from the exact result; "" if steps are not rounded."""
    if solution.lesson.form != "paper":
        return ""
    last = "out" if "out" in solution.stages else "z"
    errors = solution.error
    return (
        f" With each step rounded to {count_of(solution.lesson.decimals, 'decimal')}, as on paper, the weights are off "
        f"by at most {two_digits(errors['weight'])} and the outputs by at most {two_digits(errors[last])}."
    )


def two_digits(number: float) -> str:
    """A number to two digits, written out: 0.000053, not 5.3e-05."""
    return np.format_float_positional(number, 2, fractional=False, trim="-")


def quoted_word(text: str, role: str) -> str:
    """A word in quotation marks, as HTML."""
    return f'“<span class="{role}">{html.escape(text)}</span>”'


def name_entries(solution: Solution, addresses: Iterable[Address], head: int) -> list[str]:
    """The short names of numbers that are opened one from another. head: the head on screen"""
    words = list(solution.lesson.words)
    tokens = {axis: words for axis in ("position", "query", "key")}

    def number(address: Address) -> Number:
        try:
            stage = cell_at(solution, solution.stage(address.quantity), address.indices).stage
        except InputError:
            return unnamed(address)
        return make_number(stage, address.indices, tokens)

    return name_numbers(map(number, addresses), head=head)


def describe_entry(solution: Solution, address: Address) -> str:
    """Which number an address is, as a sentence."""
    stage = solution.stages.get(address.quantity)
    if stage is None or len(stage.axes) != len(address.indices):
        return ""
    index = dict(zip(stage.axes, address.indices, strict=True))
    words = solution.lesson.words
    head = f"Head {index['head']}: " if solution.lesson.n_heads > 1 and "head" in index else ""
    tokens = [words[index[axis]] for axis in ("position", "query", "key") if index.get(axis, len(words)) < len(words)]
    named = " to ".join(f"“{each}”" for each in tokens)
    title = QUANTITY_NAMES.get(address.quantity) or (stage.title or address.quantity)
    dim = next((f", dimension {index[axis]}" for axis in ("dim", "model") if axis in index and len(tokens) == 1), "")
    sentence = f"{head}{title}{' from ' if len(tokens) == 2 else ' for ' if tokens else ''}{named}{dim}."
    return sentence[:1].upper() + sentence[1:]
