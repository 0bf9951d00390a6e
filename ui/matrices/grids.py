"""Stages of a computation as grids: the matrices, the inputs of each cell, and the address that a cell opens."""

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
from ui.matrices.matrix import HEAD_AXES, View, head_indices, matrix_axes, matrix_values, shown_matrix

OPERATOR_SIGNS: Mapping[type, tuple[str, ...]] = {
    Einsum: ("", "×", "+"), Multiply: ("", "×"), Rotate: ("", "rotated by cos", "and sin"), ApplyMask: ("", "where"),
    LayerNorm: ("", "normalized ×", "+"), RMSNorm: ("", "normalized ×"), Standardize: ("", "−", "÷"),
    SinkSoftmax: ("", "with"),
}  # fmt: skip
"""The sign before each input of an operation; a plus for operations not listed."""


@dataclass(frozen=True)
class Grids:
    """Matrices shown together, the links between their cells, and the address of each cell by name, row and column."""

    matrices: list[GridMatrix]
    sources: list[CellSource]
    products: list[Product]
    address: dict[str, Callable[[int, int], Address]]

    def add(self, matrix: GridMatrix, address: Callable[[int, int], Address]) -> None:
        """Add a matrix."""
        self.matrices.append(matrix)
        self.address[matrix.name] = address

    def sign(self, inputs: list[tuple[str, tuple[str, str]]], operators: tuple[str, ...]) -> str:
        """The sign before the next matrix: its operator, after the titles of inputs that are shown elsewhere."""
        if not inputs:
            return ""
        if self.matrices[-1].name == inputs[-1][0]:
            return operators[len(inputs)]
        titles = {each.name: each.title for each in self.matrices}
        pairs = zip(operators, (titles[name] for name, _ in inputs), strict=False)
        return " ".join([*filter(None, (word for pair in pairs for word in pair)), operators[len(inputs)]])

    def link(self, stage: Stage, result: str, inputs: list[tuple[str, tuple[str, str]]]) -> None:
        """Link the cells of a result to those of its inputs.

        inputs: the name under which each is shown, and its axes
        """
        if isinstance(stage.operation, Einsum):
            (left, left_axes), (right, right_axes), *bias = inputs
            over = next(axis for axis in left_axes if axis in right_axes and axis not in stage.axes)
            self.products.append(
                Product(result, left, right, over, left_axes, right_axes, bias=bias[0][0] if bias else None)
            )
            return
        # A rotated dimension depends on the other dimension of its pair too.
        row = stage.axes[-1:] if stage.operation.reads_row or isinstance(stage.operation, Rotate) else ()
        for i, (name, axes) in enumerate(inputs):
            self.sources.append(CellSource(result, name, axes, free=row if i == 0 else ()))


def build_grids(view: View, names: list[str]) -> Grids:
    """The stages of these names, each after its inputs, head by head."""
    grids = Grids([], [], [], {})
    for head in view.heads:
        for name in names:
            add_stage(grids, view, view.run.stage(name, view.layer), head)
    return grids


def add_stage(grids: Grids, view: View, stage: Stage, head: int) -> None:
    """Add a quantity of one head, after those of its inputs that are not shown yet."""
    merged = summed_axes(stage)

    def name(source: Stage, joined: bool = False) -> str:
        head_axis = next((axis for axis in HEAD_AXES if axis in source.axes), None)
        if joined and source.name in grids.address and has_several_heads(view, source):
            return f"{source.name}@all"  # the matrix of that name shows one head
        if len(view.heads) == 1 or head_axis is None or joined:
            return source.name
        return f"{source.name}@{head_indices(view.run, source.axes, head)[head_axis]}"

    inputs: list[tuple[str, tuple[str, str]]] = []
    operators = OPERATOR_SIGNS.get(type(stage.operation), ("", *["+"] * len(stage.inputs)))
    for each in stage.inputs:
        source = view.run.stage(each.name, stage.layer)
        values = operand(view.run, each, stage)
        axes, shown_name = matrix_axes(values.axes, merged), name(source, bool(merged) and merged[0] in each.axes)
        if shown_name not in grids.address:
            sign, numbers = grids.sign(inputs, operators), matrix_values(view.run, values, merged, head)
            matrix = shown_matrix(view, source, numbers, axes, shown_name, sign, head, merged)
            grids.add(matrix, input_address(view.run, stage, each, merged, values, head))
        inputs.append((shown_name, axes))
    result = name(stage)
    if result not in grids.address:
        sign = grids.sign(inputs, (*operators[: len(inputs)], "="))
        values = Operand(view.run.array(stage.name, stage.layer), stage.axes)
        numbers = matrix_values(view.run, values, (), head)
        matrix = shown_matrix(view, stage, numbers, matrix_axes(stage.axes, ()), result, sign, head)
        grids.add(matrix, stage_address(view.run, stage, head))
        grids.link(stage, result, inputs)


def has_several_heads(view: View, stage: Stage) -> bool:
    """Whether a quantity has more than one head."""
    return "head" in stage.axes and view.run.array(stage.name, stage.layer).shape[stage.axes.index("head")] > 1


def summed_axes(stage: Stage) -> tuple[str, ...]:
    """The axes that a product sums over if there are several: they are shown as one."""
    if not isinstance(stage.operation, Einsum):
        return ()
    left, right = stage.inputs[:2]
    summed = tuple(axis for axis in left.axes if axis in right.axes and axis not in stage.axes)
    return summed if len(summed) > 1 else ()


def stage_address(run: Run, stage: Stage, head: int) -> Callable[[int, int], Address]:
    """The address of each cell of a quantity."""
    axes, at = matrix_axes(stage.axes, ()), head_indices(run, stage.axes, head)
    return lambda row, column: stage.address(dict(zip(axes, (row, column), strict=True)) | at)


def input_address(
    run: Run, stage: Stage, ref: Ref, merged: tuple[str, ...], values: Operand, head: int
) -> Callable[[int, int], Address]:
    """The address of each cell of an input, which may be gathered by an index such as a token id."""
    axes = matrix_axes(values.axes, merged)

    def address(row: int, column: int) -> Address:
        index = split_index(dict(zip(axes, (row, column), strict=True)), merged, values)
        place = Cell(run, stage, {"head": head, **index}).input_cell(ref, {})
        return place.stage.address(place.index)

    return address


def split_index(index: dict[str, int], merged: tuple[str, ...], values: Operand) -> dict[str, int]:
    """An index along merged axes, as an index along each of them."""
    joined = ".".join(merged)
    if not merged or joined not in index:
        return index
    sizes = [values.numbers.shape[values.axes.index(axis)] for axis in merged]
    indices = np.unravel_index(index[joined], sizes)
    return {axis: i for axis, i in index.items() if axis != joined} | dict(zip(merged, map(int, indices), strict=True))
