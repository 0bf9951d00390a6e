"""Stages of a computation as grids: the matrices, the inputs of each cell, and the address that a cell opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from attention_core.computation.derivation import Address
from attention_core.computation.stage import Cell, Operand, Ref, Run, Stage, operand
from attention_core.ops.einsum import Einsum
from attention_core.ops.rotary import Rotate
from ui.components.grid import CellSource, GridMatrix, Product
from ui.matrices.matrix import HEAD_AXES, View, head_indices, matrix_axes, matrix_values, shown_matrix
from ui.matrices.signs import join_words, operator_signs, split_trailing


@dataclass(frozen=True)
class Grids:
    """Matrices shown together, the links between their cells, and the address of each cell by name, row and column."""

    matrices: list[GridMatrix]
    sources: list[CellSource]
    products: list[Product]
    address: dict[str, Callable[[int, int], Address]]

    def add(self, matrix: GridMatrix, address: Callable[[int, int], Address]) -> None:
        """Add a matrix; signs before it that belong to the matrix before it, such as ᵀ, are written after that one."""
        if not matrix.begins:
            after, sign = split_trailing(matrix.sign)
            self.matrices[-1] = replace(self.matrices[-1], after=after)
            matrix = replace(matrix, sign=sign)
        self.matrices.append(matrix)
        self.address[matrix.name] = address

    def operand(self, name: str) -> str:
        """The title of a matrix that is shown, as it stands in the equation of another."""
        title = next(each.title for each in self.matrices if each.name == name)
        return f"({title})" if "," in title else title

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

    sources = [(each, view.run.stage(each.name, stage.layer), operand(view.run, each, stage)) for each in stage.inputs]
    inputs = [
        (name(source, bool(merged) and merged[0] in ref.axes), matrix_axes(values.axes, merged))
        for ref, source, values in sources
    ]
    result = name(stage)
    if result in grids.address:
        return
    *signs, equals = operator_signs(stage, [axes for _, axes in inputs])
    text, begins = "", True
    for sign, (shown_name, axes), (ref, source, values) in zip(signs, inputs, sources, strict=True):
        text = join_words(text, sign)
        if shown_name in grids.address:
            text = join_words(text, grids.operand(shown_name))
            continue
        numbers = matrix_values(view.run, values, merged, head)
        matrix = shown_matrix(view, source, numbers, axes, shown_name, head, merged)
        grids.add(replace(matrix, sign=text, begins=begins), input_address(view.run, stage, ref, merged, values, head))
        text, begins = "", False
    numbers = matrix_values(view.run, Operand(view.run.array(stage.name, stage.layer), stage.axes), (), head)
    matrix = shown_matrix(view, stage, numbers, matrix_axes(stage.axes, ()), result, head)
    grids.add(replace(matrix, sign=join_words(text, equals), begins=begins), stage_address(view.run, stage, head))
    if stage.inputs:
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
