"""One quantity as a matrix: the part of it that is shown, its axes, its digits, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from attention_core.computation.render import format_number
from attention_core.computation.stage import Numbers, Operand, Run, Stage
from ui.components import show_invisible
from ui.components.grid import Axis, GridMatrix

WINDOWS: Mapping[str, int] = {"query": 16, "key": 16, "position": 16, "source": 16, "patch": 16}
WINDOW = 8  # how many dimensions of an axis are shown at once
WORDS: Mapping[str, str] = {
    "query": "token (query)", "key": "token (key)", "position": "token", "source": "token (answers)",
    "dim": "dimension", "model": "dimension",
    "value": "pixel value", "mlp": "hidden number", "head.dim": "dimension of the joined heads", "one": "",
}  # fmt: skip
HEADS = ("head", "kv_head")
POSITIONS = frozenset({"query", "key", "position", "source"})
ANSWERING = frozenset({"key", "source"})
WHOLE = frozenset({"pixel", "position_id"})  # quantities whose numbers are whole


@dataclass(frozen=True)
class View:
    """What is shown of a run.

    layer:    the layer, or None where there is none
    heads:    the heads whose matrices are shown, side by side
    tokens:   the words along the positions; key_tokens: those along the keys, where others answer than ask
    starts:   axis -> the first index shown; windowed: whether long axes are shown in parts
    editable: the quantities whose numbers can be changed; before: the run before the last change
    """

    run: Run
    layer: int | None
    heads: tuple[int, ...]
    tokens: list[str]
    starts: Mapping[str, int] = field(default_factory=dict)
    decimals: int = 2
    windowed: bool = True
    editable: frozenset[str] = frozenset()
    before: Run | None = None
    key_tokens: list[str] | None = None


def places(run: Run, axes: tuple[str, ...], head: int) -> dict[str, int]:
    """Where a head stands along axes of heads: those of keys and values are shared by several."""
    found = {"head": head}
    return found | {"kv_head": int(run.gather_indices("kv_head")[1][head])} if "kv_head" in axes else found


def flat_axes(axes: tuple[str, ...], merged: tuple[str, ...]) -> tuple[str, str]:
    """The two axes that a quantity is shown with: the head is chosen, axes summed together become one."""
    left = [axis for axis in axes if axis not in merged and axis not in HEADS]
    joined = [".".join(merged)] if merged and merged[0] in axes else []
    shown = joined + left if axes and axes[0] in merged and axes[1] in merged else left + joined
    first, second = ["one"] * (2 - len(shown)) + shown
    return first, second


def flat(run: Run, held: Operand, merged: tuple[str, ...], head: int) -> Numbers:
    """The numbers that are shown: [row, column]."""
    numbers, axes = held
    if merged and merged[0] in axes:
        others = [axis for axis in axes if axis not in merged]
        first = axes.index(others[0]) == len(merged)  # W_O stands [head, dim, model], z [head, query, dim]
        order = [*merged, *others] if first else [*others, *merged]
        laid = numbers.transpose([axes.index(axis) for axis in order])
        return laid.reshape((-1, laid.shape[-1]) if first else (laid.shape[0], -1))
    for axis, place in places(run, axes, head).items():
        if axis in axes:
            numbers = numbers.take(place, axis=axes.index(axis))
    return np.atleast_2d(numbers)


def shown(
    view: View, source: Stage, numbers: Numbers, axes: tuple[str, str], name: str, sign: str, head: int,
    merged: tuple[str, ...] = (),
) -> GridMatrix:  # fmt: skip
    """The part of a quantity that is shown, with its axes and digits; `merged` are the axes laid end to end."""
    windows = [window(view, axis, size) for axis, size in zip(axes, numbers.shape, strict=True)]
    part = numbers[windows[0], windows[1]]
    rows, columns = (
        Axis(axis, WORDS.get(axis, axis), labels(view, axis, each), each.start, size)
        for axis, each, size in zip(axes, windows, numbers.shape, strict=True)
    )
    weights = source.name in ("weight", "cross_weight")
    decimals = 0 if source.name in WHOLE else view.decimals
    editable = source.name in view.editable
    edits: Literal["no", "type", "turn"] = "no" if not editable else "turn" if part.dtype == bool else "type"
    return GridMatrix(
        name=name,
        title=(source.title or source.name) + whose(view.run, source, name, head),
        values=part.astype(float),
        texts=[[digits(x, decimals) for x in row] for row in part],
        rows=rows,
        columns=columns,
        role=source.role,
        scale="weights" if weights or part.dtype == bool else "signed",
        before=before(view, source, windows, part, head, merged),
        edits=edits,
        sign=sign,
    )


def whose(run: Run, source: Stage, name: str, head: int) -> str:
    """Which heads a matrix is of, where several are shown or several share it."""
    if "kv_head" in source.axes:
        shared = run.gather_indices("kv_head")[1]
        own = np.flatnonzero(shared == shared[head])
        return f", shared by heads {own[0]} to {own[-1]}"
    if name.endswith("@all"):
        return ", all heads"
    return f", head {head}" if "@" in name else ""


def before(
    view: View, source: Stage, windows: list[slice], part: Numbers, head: int, merged: tuple[str, ...]
) -> dict[tuple[int, int], str]:
    """The digits, before the last change, of the shown cells that it has changed."""
    if view.before is None or not view.before.has(source.name, source.layer):
        return {}
    was = view.before.array(source.name, source.layer)
    if was.shape != view.run.array(source.name, source.layer).shape:
        return {}
    old = flat(view.run, Operand(was, source.axes), merged, head)[windows[0], windows[1]]
    if old.shape != part.shape:
        return {}
    same = (old == part) | ((old != old) & (part != part))  # NaN is not equal to itself
    return {(int(r), int(c)): digits(old[r, c], view.decimals) for r, c in np.argwhere(~same)}


def digits(value: object, decimals: int) -> str:
    """A cell's digits; of a mask, whether the query may look."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    return format_number(value if not isinstance(value, np.floating) else float(value), decimals)  # type: ignore[arg-type]


def window(view: View, axis: str, size: int) -> slice:
    """Which part of an axis is shown."""
    width = WINDOWS.get(axis, WINDOW) if view.windowed else size
    start = min(view.starts.get(axis, 0), max(0, size - 1)) // width * width if width < size else 0
    return slice(start, min(start + width, size))


def labels(view: View, axis: str, part: slice) -> list[str]:
    """The words or numbers along the shown part of an axis."""
    if axis == "one":
        return [""]
    if axis == "patch":  # the class token, which is none, stands before them
        return view.tokens[part.start + 1 : part.stop + 1]
    tokens = view.key_tokens if view.key_tokens and axis in ANSWERING else view.tokens
    return [show_invisible(tokens[i]) if axis in POSITIONS else str(i) for i in range(part.start, part.stop)]
