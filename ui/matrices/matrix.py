"""One quantity as a matrix: the part that is shown, its axes, its digits, and its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from attention_core.computation.render import format_number
from attention_core.computation.stage import Numbers, Operand, Run, Stage
from ui.components import show_invisible
from ui.components.grid import Axis, GridMatrix

TOKENS_SHOWN: Mapping[str, int] = {"query": 16, "key": 16, "position": 16, "source": 16, "patch": 16}
DIMENSIONS_SHOWN = 8  # along an axis of dimensions
AXIS_TITLES: Mapping[str, str] = {
    "query": "token (query)", "key": "token (key)", "position": "token", "source": "source token",
    "dim": "dimension", "model": "dimension",
    "value": "pixel value", "mlp": "hidden unit", "head.dim": "dimension of the concatenated heads", "one": "",
}  # fmt: skip
HEAD_AXES = ("head", "kv_head")
TOKEN_AXES = frozenset({"query", "key", "position", "source"})
KEY_AXES = frozenset({"key", "source"})
INTEGERS = frozenset({"pixel", "position_id"})  # quantities of whole numbers
ROUNDING = 1e-14  # relative; the order in which a row is summed depends on the other rows


@dataclass(frozen=True)
class View:
    """The part of a run that is shown.

    layer:    the layer; None for a run without layers
    heads:    the heads whose matrices are shown, one after the other
    tokens:   the labels of the positions; key_tokens: those of the keys in cross-attention
    starts:   axis -> the first index shown; windowed: whether long axes are shown in parts
    editable: the quantities whose numbers can be changed; previous: the run before the last change
    """

    run: Run
    layer: int | None
    heads: tuple[int, ...]
    tokens: list[str]
    starts: Mapping[str, int] = field(default_factory=dict)
    decimals: int = 2
    windowed: bool = True
    editable: frozenset[str] = frozenset()
    previous: Run | None = None
    key_tokens: list[str] | None = None


def head_indices(run: Run, axes: tuple[str, ...], head: int) -> dict[str, int]:
    """The index of a head along each axis of heads; several heads may share one of `kv_head`."""
    indices = {"head": head}
    return indices | {"kv_head": int(run.gather_indices("kv_head")[1][head])} if "kv_head" in axes else indices


def matrix_axes(axes: tuple[str, ...], merged: tuple[str, ...]) -> tuple[str, str]:
    """The row and column axes of a quantity: without heads, and with the merged axes as one."""
    left = [axis for axis in axes if axis not in merged and axis not in HEAD_AXES]
    joined = [".".join(merged)] if merged and merged[0] in axes else []
    shown = joined + left if axes and axes[0] in merged and axes[1] in merged else left + joined
    first, second = ["one"] * (2 - len(shown)) + shown
    return first, second


def matrix_values(run: Run, values: Operand, merged: tuple[str, ...], head: int) -> Numbers:
    """The numbers of one head of a quantity, or of merged axes: [row, column]."""
    numbers, axes = values
    if merged and merged[0] in axes:
        others = [axis for axis in axes if axis not in merged]
        first = axes.index(others[0]) == len(merged)  # W_O is [head, dim, model], z [head, query, dim]
        order = [*merged, *others] if first else [*others, *merged]
        ordered = numbers.transpose([axes.index(axis) for axis in order])
        return ordered.reshape((-1, ordered.shape[-1]) if first else (ordered.shape[0], -1))
    for axis, index in head_indices(run, axes, head).items():
        if axis in axes:
            numbers = numbers.take(index, axis=axes.index(axis))
    return np.atleast_2d(numbers)


def shown_matrix(
    view: View, source: Stage, numbers: Numbers, axes: tuple[str, str], name: str, head: int,
    merged: tuple[str, ...] = (),
) -> GridMatrix:  # fmt: skip
    """The part of a quantity that is shown, with its axes and digits; `merged` are the axes that are shown as one."""
    windows = [shown_slice(view, axis, size) for axis, size in zip(axes, numbers.shape, strict=True)]
    part = numbers[windows[0], windows[1]]
    rows, columns = (
        Axis(axis, AXIS_TITLES.get(axis, axis), axis_labels(view, axis, each), each.start, size)
        for axis, each, size in zip(axes, windows, numbers.shape, strict=True)
    )
    weights = source.name in ("weight", "cross_weight")
    decimals = 0 if source.name in INTEGERS else view.decimals
    editable = source.name in view.editable
    edits: Literal["no", "type", "turn"] = "no" if not editable else "turn" if part.dtype == bool else "type"
    return GridMatrix(
        name=name,
        title=(source.title or source.name) + head_label(view.run, source, name, head),
        values=part.astype(float),
        texts=[[cell_text(x, decimals) for x in row] for row in part],
        rows=rows,
        columns=columns,
        role=source.role,
        scale="weights" if weights or part.dtype == bool else "signed",
        before=previous_digits(view, source, windows, part, head, merged),
        edits=edits,
    )


def head_label(run: Run, source: Stage, name: str, head: int) -> str:
    """The heads that a matrix belongs to, if several are shown or share it."""
    if "kv_head" in source.axes:
        shared = run.gather_indices("kv_head")[1]
        heads = np.flatnonzero(shared == shared[head])
        return f", shared by heads {heads[0]} to {heads[-1]}"
    if name.endswith("@all"):
        return ", all heads"
    return f", head {head}" if "@" in name else ""


def previous_digits(
    view: View, source: Stage, windows: list[slice], part: Numbers, head: int, merged: tuple[str, ...]
) -> dict[tuple[int, int], str]:
    """The old digits of the shown cells that the last change has changed: (row, column) -> digits."""
    if view.previous is None or not view.previous.has(source.name, source.layer):
        return {}
    previous = view.previous.array(source.name, source.layer)
    if previous.shape != view.run.array(source.name, source.layer).shape:
        return {}
    old = matrix_values(view.run, Operand(previous, source.axes), merged, head)[windows[0], windows[1]]
    if old.shape != part.shape:
        return {}
    changed = changed_numbers(part, old)
    return {(int(r), int(c)): cell_text(old[r, c], view.decimals) for r, c in np.argwhere(changed)}


def changed_numbers(new: Numbers, old: Numbers) -> np.ndarray:
    """Where the numbers of two arrays differ by more than the rounding of a sum; NaN equals NaN.

        |new - old| > ROUNDING * largest magnitude in both
    """
    a, b = new.astype(float), old.astype(float)
    both = np.abs(np.concatenate([a.ravel(), b.ravel()]))
    tolerance = ROUNDING * both.max(where=np.isfinite(both), initial=0)
    with np.errstate(invalid="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= tolerance)
    return ~same


def cell_text(value: object, decimals: int) -> str:
    """The digits of a cell; 1 or 0 for a mask."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    return format_number(value if not isinstance(value, np.floating) else float(value), decimals)  # type: ignore[arg-type]


def shown_slice(view: View, axis: str, size: int) -> slice:
    """The part of an axis that is shown."""
    width = TOKENS_SHOWN.get(axis, DIMENSIONS_SHOWN) if view.windowed else size
    start = min(view.starts.get(axis, 0), max(0, size - 1)) // width * width if width < size else 0
    return slice(start, min(start + width, size))


def axis_labels(view: View, axis: str, part: slice) -> list[str]:
    """The tokens or numbers along the shown part of an axis."""
    if axis == "one":
        return [""]
    if axis == "patch":  # [CLS], at position 0, is no patch
        return view.tokens[part.start + 1 : part.stop + 1]
    tokens = view.key_tokens if view.key_tokens and axis in KEY_AXES else view.tokens
    return [show_invisible(tokens[i]) if axis in TOKEN_AXES else str(i) for i in range(part.start, part.stop)]
