"""Matrices shown together: their digits, where each number comes from, and cells that open or can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from ui.components import is_index, source

LONGEST_CELL = 80  # characters of what a person typed


@dataclass(frozen=True)
class Axis:
    """The rows or columns of a matrix; matrices whose axes share a name share the index along it.

    title:  what stands along it, in words
    labels: of the shown part
    start:  the first shown index; total: how many there are in all
    """

    name: str
    title: str
    labels: list[str]
    start: int
    total: int


@dataclass(frozen=True)
class Matrix:
    """A matrix as it is shown.

    values: [row, column], the shown part; infinities and NaN may stand in it
    texts:  the digits of each cell
    scale:  "weights" from 0 to 1, "signed" around 0
    before: the digits of the cells that the last change has changed, as they were: (row, column) -> digits
    edits:  whether a cell can be typed into, turned over by a click, or opened
    sign:   what stands before it: "×", "=", "+"
    """

    name: str
    title: str
    values: np.ndarray
    texts: list[list[str]]
    rows: Axis
    columns: Axis
    role: Literal["query", "key", "value", "plain"] = "plain"
    scale: Literal["weights", "signed"] = "signed"
    before: Mapping[tuple[int, int], str] = field(default_factory=dict)
    edits: Literal["no", "type", "turn"] = "no"
    sign: str = ""


@dataclass(frozen=True)
class Source:
    """Where a result's numbers come from: the input's cells at the same indices, and all of them along `free` axes.

    axes: how the result sees the input's rows and columns
    """

    result: str
    input: str
    axes: tuple[str, str]
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Product:
    """A result that is a sum of products: result[cell] = sum over `over` of left × right, + bias."""

    result: str
    left: str
    right: str
    over: str
    left_axes: tuple[str, str]
    right_axes: tuple[str, str]
    bias: str | None = None


@dataclass(frozen=True)
class Refused:
    """A cell whose text could not be read, which stays open with what was typed and the reason."""

    name: str
    row: int
    column: int
    text: str
    message: str


_mount = st.components.v2.component(
    "attention_lab_grid", css=source("grid.css"), js=source("theme.js", "element.js", "grid_equation.js", "grid.js"),
)  # fmt: skip


def grid(
    matrices: list[Matrix], sources: list[Source], products: list[Product], *, key: str,
    on_pick: Callable[[str, int, int], None],
    on_edit: Callable[[str, int, int, str], None] | None = None,
    on_window: Callable[[str, int], None] | None = None,
    refused: Refused | None = None,
) -> None:  # fmt: skip
    """Mount the matrices.

    on_pick:   called with a matrix's name and the row and column of the cell that was chosen
    on_edit:   called with the same and what was typed; of a cell that is turned over, with ""
    on_window: called with an axis and the first index that is to be shown of it
    """
    sizes = {each.name: (each.rows, each.columns) for each in matrices}

    def cell(sent: object) -> tuple[str, int, int] | None:
        match sent:
            case {"name": str(name), "row": row, "column": column} if name in sizes:
                rows, columns = sizes[name]
                if is_index(row, rows.total) and is_index(column, columns.total):
                    return name, row, column
        return None

    def picked() -> None:
        if found := cell(st.session_state[key].pick):
            on_pick(*found)

    def edited() -> None:
        sent = st.session_state[key].edit
        found = cell(sent)
        if on_edit and found and isinstance(text := sent.get("text"), str):
            on_edit(*found, text[:LONGEST_CELL])

    def windowed() -> None:
        match st.session_state[key].window:
            case {"axis": str(axis), "start": start} if on_window:
                ends = [each.total for pair in sizes.values() for each in pair if each.name == axis]
                if ends and is_index(start, max(ends)):
                    on_window(axis, start)

    _mount(
        key=key,
        data=[message(matrices, sources, products, refused)],
        on_pick_change=picked,
        on_edit_change=edited,
        on_window_change=windowed,
    )


def message(
    matrices: list[Matrix], sources: list[Source], products: list[Product], refused: Refused | None
) -> dict[str, Any]:
    """What the browser is sent."""
    return {
        "matrices": [_matrix(each) for each in matrices],
        "sources": [vars(each) for each in sources],
        "products": [vars(each) for each in products],
        "refused": refused and vars(refused),
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {
        "name": matrix.name, "title": matrix.title, "role": matrix.role, "scale": matrix.scale, "sign": matrix.sign,
        "edits": matrix.edits,
        "rows": vars(matrix.rows), "columns": vars(matrix.columns), "texts": matrix.texts,
        "values": [[_number(x, 7 if matrix.edits == "no" else 17) for x in row] for row in matrix.values],
        "shades": [[_number(x, 3) for x in row] for row in shades(matrix)],
        "before": {f"{row},{column}": text for (row, column), text in matrix.before.items()},
    }  # fmt: skip


def shades(matrix: Matrix) -> np.ndarray:
    """How strongly each cell is coloured: 0 to 1 of weights, -1 to 1 of signed numbers, by the largest shown."""
    values = np.where(np.isfinite(matrix.values), matrix.values, 0.0)
    if matrix.scale == "weights":
        return np.clip(values, 0, 1)
    return values / (np.abs(values).max(initial=0) or 1)


def _number(value: float, digits: int = 7) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None
