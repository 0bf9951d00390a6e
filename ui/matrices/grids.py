"""Stages of a computation as grids: what is shown of each quantity, where it comes from, and what a cell opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from attention_core.computation.derivation import Address
from attention_core.computation.stage import Cell, Operand, Ref, Run, Stage, operand
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import ApplyMask, Multiply
from attention_core.ops.images import Standardize
from attention_core.ops.norms import LayerNorm, RMSNorm
from attention_core.ops.rotary import Rotate
from attention_core.ops.softmax import SinkSoftmax
from ui.components.grid import CellSource, GridMatrix, Product
from ui.matrices.matrix import HEADS, View, flat, flat_axes, places, shown

SIGNS: Mapping[type, tuple[str, ...]] = {
    Einsum: ("", "×", "+"), Multiply: ("", "×"), Rotate: ("", "turned by cos", "and sin"), ApplyMask: ("", "where"),
    LayerNorm: ("", "normed ×", "+"), RMSNorm: ("", "normed ×"), Standardize: ("", "−", "÷"),
    SinkSoftmax: ("", "beside"),
}  # fmt: skip
"""What stands before each input of an operation; where nothing is said, a plus."""


@dataclass(frozen=True)
class Grids:
    """Matrices to be shown together, what lights what, and the address of each cell by name, row and column."""

    matrices: list[GridMatrix]
    sources: list[CellSource]
    products: list[Product]
    address: dict[str, Callable[[int, int], Address]]

    def add(self, matrix: GridMatrix, address: Callable[[int, int], Address]) -> None:
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
        if isinstance(stage.operation, Einsum):
            (left, left_axes), (right, right_axes), *bias = inputs
            over = next(axis for axis in left_axes if axis in right_axes and axis not in stage.axes)
            self.products.append(
                Product(own, left, right, over, left_axes, right_axes, bias=bias[0][0] if bias else None)
            )
            return
        # A dimension that is turned is made from itself and from the one that it is paired with.
        row = stage.axes[-1:] if stage.operation.reads_row or isinstance(stage.operation, Rotate) else ()
        for i, (name, axes) in enumerate(inputs):
            self.sources.append(CellSource(own, name, axes, free=row if i == 0 else ()))


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
        own = next((axis for axis in HEADS if axis in source.axes), None)
        if joined and source.name in made.address and several_heads(view, source):
            return f"{source.name}@all"  # what stands there is of one head alone
        if len(view.heads) == 1 or own is None or joined:
            return source.name
        return f"{source.name}@{places(view.run, source.axes, head)[own]}"

    inputs: list[tuple[str, tuple[str, str]]] = []
    operators = SIGNS.get(type(stage.operation), ("", *["+"] * len(stage.inputs)))
    for each in stage.inputs:
        source = view.run.stage(each.name, stage.layer)
        held = operand(view.run, each, stage)
        axes, called = flat_axes(held.axes, merged), name(source, bool(merged) and merged[0] in each.axes)
        if called not in made.address:
            sign = made.sign(inputs, operators)
            matrix = shown(view, source, flat(view.run, held, merged, head), axes, called, sign, head, merged)
            made.add(matrix, input_address(view.run, stage, each, merged, held, head))
        inputs.append((called, axes))
    own = name(stage)
    if own not in made.address:
        held = Operand(view.run.array(stage.name, stage.layer), stage.axes)
        sign = made.sign(inputs, (*operators[: len(inputs)], "="))
        matrix = shown(view, stage, flat(view.run, held, (), head), flat_axes(stage.axes, ()), own, sign, head)
        made.add(matrix, own_address(view.run, stage, head))
        made.link(stage, own, inputs)


def several_heads(view: View, stage: Stage) -> bool:
    """Whether a quantity has more than one head."""
    return "head" in stage.axes and view.run.array(stage.name, stage.layer).shape[stage.axes.index("head")] > 1


def summed_together(stage: Stage) -> tuple[str, ...]:
    """The axes that a product sums over, where they are several: they are laid end to end."""
    if not isinstance(stage.operation, Einsum):
        return ()
    left, right = stage.inputs[:2]
    summed = tuple(axis for axis in left.axes if axis in right.axes and axis not in stage.axes)
    return summed if len(summed) > 1 else ()


def own_address(run: Run, stage: Stage, head: int) -> Callable[[int, int], Address]:
    """The addresses of a quantity's cells."""
    axes, at = flat_axes(stage.axes, ()), places(run, stage.axes, head)
    return lambda row, column: stage.address(dict(zip(axes, (row, column), strict=True)) | at)


def input_address(
    run: Run, stage: Stage, ref: Ref, merged: tuple[str, ...], held: Operand, head: int
) -> Callable[[int, int], Address]:
    """The addresses of an input's cells, which may be looked up by what follows from a position."""
    axes = flat_axes(held.axes, merged)

    def address(row: int, column: int) -> Address:
        index = split(dict(zip(axes, (row, column), strict=True)), merged, held)
        place = Cell(run, stage, {"head": head, **index}).input_cell(ref, {})
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
