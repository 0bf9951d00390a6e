"""Stages of a computation as grids: what is shown of each quantity, where it comes from, and what a cell opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from attention_core.derivation import Address
from attention_core.operations import Contract
from attention_core.patches import Standardize
from attention_core.render import number
from attention_core.stages import Cell, Numbers, Operand, Ref, Run, Stage, operand
from components.grid import Axis, Matrix, Product, Source

WINDOWS: Mapping[str, int] = {"query": 16, "key": 16, "position": 16, "source": 16, "patch": 16}
WINDOW = 8  # how many dimensions of an axis are shown at once
WORDS: Mapping[str, str] = {
    "query": "token (query)", "key": "token (key)", "position": "token", "source": "token (answers)",
    "dim": "dimension", "model": "dimension",
    "value": "pixel value", "mlp": "hidden number", "head.dim": "dimension of the joined heads", "one": "",
}  # fmt: skip
POSITIONS = frozenset({"query", "key", "position", "source"})
ANSWERING = frozenset({"key", "source"})
SIGNS: Mapping[type, tuple[str, ...]] = {Contract: ("", "×", "+"), Standardize: ("", "−", "÷")}
"""What stands before each input of an operation; where nothing is said, a plus."""

WHOLE = frozenset({"pixel"})  # quantities whose numbers are whole


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


@dataclass(frozen=True)
class Grids:
    """Matrices to be shown together, what lights what, and the address of each cell by name, row and column."""

    matrices: list[Matrix]
    sources: list[Source]
    products: list[Product]
    address: dict[str, Callable[[int, int], Address]]

    def add(self, matrix: Matrix, address: Callable[[int, int], Address]) -> None:
        """One more matrix."""
        self.matrices.append(matrix)
        self.address[matrix.name] = address

    def sign(self, inputs: list[tuple[str, tuple[str, str]]], operators: tuple[str, ...]) -> str:
        """What stands before the next matrix of a formula: its operator, and those inputs that do not stand there."""
        if not inputs:
            return ""
        if self.matrices[-1].name == inputs[-1][0]:
            return operators[len(inputs)]
        titles = {each.name: each.title for each in self.matrices}
        pairs = zip(operators, (titles[name] for name, _ in inputs), strict=False)
        return " ".join([*filter(None, (word for pair in pairs for word in pair)), operators[len(inputs)]])

    def link(self, stage: Stage, own: str, inputs: list[tuple[str, tuple[str, str]]]) -> None:
        """What a cell of a quantity comes from: the names under which its inputs are shown, and their axes."""
        if isinstance(stage.operation, Contract):
            (left, left_axes), (right, right_axes), *bias = inputs
            over = next(axis for axis in left_axes if axis in right_axes and axis not in stage.axes)
            self.products.append(
                Product(own, left, right, over, left_axes, right_axes, bias=bias[0][0] if bias else None)
            )
            return
        row = stage.axes[-1:] if stage.operation.reads_row else ()
        for i, (name, axes) in enumerate(inputs):
            self.sources.append(Source(own, name, axes, free=row if i == 0 else ()))


def grids(view: View, names: list[str]) -> Grids:
    """The stages of these names, each after what it is made from; of several heads, one after the other."""
    made = Grids([], [], [], {})
    for head in view.heads:
        for name in names:
            add_stage(made, view, view.run.stage(name, view.layer), head)
    return made


def add_stage(made: Grids, view: View, stage: Stage, head: int) -> None:
    """A quantity of one head, after those of its inputs that are not shown yet."""
    merged = summed_together(stage)

    def name(source: Stage, joined: bool = False) -> str:
        many = len(view.heads) > 1 and "head" in source.axes and not joined
        return f"{source.name}@{head}" if many else source.name

    inputs: list[tuple[str, tuple[str, str]]] = []
    operators = (*SIGNS.get(type(stage.operation), ("", "+", "+")), *["+"] * len(stage.inputs))
    for each in stage.inputs:
        source = view.run.stage(each.name, stage.layer)
        held = operand(view.run, each, stage)
        axes, called = flat_axes(held.axes, merged), name(source, bool(merged) and merged[0] in each.axes)
        if called not in made.address:
            sign = made.sign(inputs, operators)
            matrix = shown(view, source, flat(held, merged, head), axes, called, sign)
            made.add(matrix, input_address(view.run, stage, each, merged, held, head))
        inputs.append((called, axes))
    own = name(stage)
    if own not in made.address:
        held = Operand(view.run.array(stage.name, stage.layer), stage.axes)
        sign = made.sign(inputs, (*operators[: len(inputs)], "="))
        matrix = shown(view, stage, flat(held, (), head), flat_axes(stage.axes, ()), own, sign)
        made.add(matrix, own_address(stage, head))
        made.link(stage, own, inputs)


def summed_together(stage: Stage) -> tuple[str, ...]:
    """The axes that a product sums over, where they are several: they are laid end to end."""
    if not isinstance(stage.operation, Contract):
        return ()
    left, right = stage.inputs[:2]
    summed = tuple(axis for axis in left.axes if axis in right.axes and axis not in stage.axes)
    return summed if len(summed) > 1 else ()


def flat_axes(axes: tuple[str, ...], merged: tuple[str, ...]) -> tuple[str, str]:
    """The two axes that a quantity is shown with: the head is chosen, axes summed together become one."""
    left = [axis for axis in axes if axis not in merged and axis != "head"]
    joined = [".".join(merged)] if merged and merged[0] in axes else []
    shown = joined + left if axes and axes[0] in merged and axes[1] in merged else left + joined
    return (shown[0], shown[1]) if len(shown) == 2 else ("one", shown[0])


def flat(held: Operand, merged: tuple[str, ...], head: int) -> Numbers:
    """The numbers that are shown: [row, column]."""
    numbers, axes = held
    if merged and merged[0] in axes:
        others = [axis for axis in axes if axis not in merged]
        first = axes.index(others[0]) == len(merged)  # W_O stands [head, dim, model], z [head, query, dim]
        order = [*merged, *others] if first else [*others, *merged]
        laid = numbers.transpose([axes.index(axis) for axis in order])
        return laid.reshape((-1, laid.shape[-1]) if first else (laid.shape[0], -1))
    if "head" in axes:
        numbers = numbers.take(head, axis=axes.index("head"))
    return numbers if numbers.ndim == 2 else numbers[None]


def own_address(stage: Stage, head: int) -> Callable[[int, int], Address]:
    """The addresses of a quantity's cells."""
    axes = flat_axes(stage.axes, ())
    return lambda row, column: stage.address(dict(zip(axes, (row, column), strict=True)) | {"head": head})


def input_address(
    run: Run, stage: Stage, ref: Ref, merged: tuple[str, ...], held: Operand, head: int
) -> Callable[[int, int], Address]:
    """The addresses of an input's cells, which may be looked up by what follows from a position."""
    axes = flat_axes(held.axes, merged)

    def address(row: int, column: int) -> Address:
        index = split(dict(zip(axes, (row, column), strict=True)), merged, held)
        place = Cell(run, stage, {"head": head, **index}).place(ref, {})
        return place.stage.address(place.index)

    return address


def split(index: dict[str, int], merged: tuple[str, ...], held: Operand) -> dict[str, int]:
    """An index along axes laid end to end, as one along each of them."""
    joined = ".".join(merged)
    if not merged or joined not in index:
        return index
    sizes = [held.numbers.shape[held.axes.index(axis)] for axis in merged]
    places = np.unravel_index(index[joined], sizes)
    return {axis: i for axis, i in index.items() if axis != joined} | dict(zip(merged, map(int, places), strict=True))


def shown(view: View, source: Stage, numbers: Numbers, axes: tuple[str, str], name: str, sign: str) -> Matrix:
    """The part of a quantity that is shown, with its axes and digits."""
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
    return Matrix(
        name=name,
        title=(source.title or source.name) + (f", head {name.partition('@')[2]}" if "@" in name else ""),
        values=part.astype(float),
        texts=[[digits(x, decimals) for x in row] for row in part],
        rows=rows,
        columns=columns,
        role=source.role,
        scale="weights" if weights or part.dtype == bool else "signed",
        before=before(view, source, windows, part, int(name.partition("@")[2] or view.heads[0])),
        edits=edits,
        sign=sign,
    )


def before(view: View, source: Stage, windows: list[slice], part: Numbers, head: int) -> dict[tuple[int, int], str]:
    """The digits, before the last change, of the shown cells that it has changed."""
    if view.before is None or not view.before.has(source.name, source.layer):
        return {}
    was = view.before.array(source.name, source.layer)
    if was.shape != view.run.array(source.name, source.layer).shape:
        return {}
    old = flat(Operand(was, source.axes), (), head)[windows[0], windows[1]]
    if old.shape != part.shape:
        return {}
    same = (old == part) | ((old != old) & (part != part))  # NaN is not equal to itself
    return {(int(r), int(c)): digits(old[r, c], view.decimals) for r, c in np.argwhere(~same)}


def digits(value: object, decimals: int) -> str:
    """A cell's digits; of a mask, whether the query may look."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    return number(value if not isinstance(value, np.floating) else float(value), decimals)  # type: ignore[arg-type]


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
    return [tokens[i] if axis in POSITIONS else str(i) for i in range(part.start, part.stop)]
