"""The grid component: matrices with their digits, the origin of each number, and cells that open or can be edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from attention_core.surrogates import without_surrogates
from ui.components import encode, is_index, read_assets

MAX_CELL_LENGTH = 80  # characters of typed text


@dataclass(frozen=True)
class Axis:
    """The rows or columns of a matrix; axes with the same name share an index.

    title:  the axis in words
    labels: labels of the shown part
    start:  first shown index; total: full length
    """

    name: str
    title: str
    labels: list[str]
    start: int
    total: int


@dataclass(frozen=True)
class GridMatrix:
    """A matrix as it is shown.

    values: [row, column], the shown part; may contain infinities and NaN
    texts:  the digits of each cell
    scale:  colour scale: "weights" from 0 to 1, "signed" around 0
    before: (row, column) -> previous digits, for the cells changed by the last edit
    edits:  whether a click opens a cell, edits it, or toggles it
    sign:   what is written before the matrix: "×", "=", "softmax("; after: what is written after it: "ᵀ", ")"
    begins: whether it begins an equation, or continues that of the matrix before it
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
    after: str = ""
    begins: bool = True


@dataclass(frozen=True)
class CellSource:
    """The origin of a result's cells: the input's cells at the same indices, and all along its `free` axes.

    axes: the input's rows and columns, by the names of the result's axes
    """

    result: str
    input: str
    axes: tuple[str, str]
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Product:
    """A result that is a matrix product: result[cell] = sum of left × right over the axis `over`, + bias."""

    result: str
    left: str
    right: str
    over: str
    left_axes: tuple[str, str]
    right_axes: tuple[str, str]
    bias: str | None = None


@dataclass(frozen=True)
class Refused:
    """A cell whose typed text is not a number; it stays open with the text and the reason."""

    name: str
    row: int
    column: int
    text: str
    message: str


_mount = st.components.v2.component(
    "attention_lab_grid",
    css=read_assets("grid.css"),
    js=read_assets("theme.js", "element.js", "grid_equation.js", "grid_words.js", "grid_table.js", "grid.js"),
)  # fmt: skip


def grid(
    matrices: list[GridMatrix], sources: list[CellSource], products: list[Product], *, key: str,
    on_pick: Callable[[str, int, int], None],
    on_edit: Callable[[str, int, int, str], None] | None = None,
    on_window: Callable[[str, int], None] | None = None,
    refused: Refused | None = None,
) -> None:  # fmt: skip
    """Mount the matrices.

    on_pick:   called with a matrix's name and the row and column of a chosen cell
    on_edit:   called with the same and the typed text, which is "" for a toggled cell
    on_window: called with an axis and the first index to show along it
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
        applied = f"{key}_applied_edit"
        for edit in edits_after(st.session_state[key].edit, st.session_state.get(applied, 0)):
            st.session_state[applied] = edit["id"]
            if on_edit and (found := cell(edit)):
                on_edit(*found, without_surrogates(edit["text"][:MAX_CELL_LENGTH]))

    def windowed() -> None:
        match st.session_state[key].window:
            case {"axis": str(axis), "start": start} if on_window:
                ends = [each.total for pair in sizes.values() for each in pair if each.name == axis]
                if ends and is_index(start, max(ends)):
                    on_window(axis, start)

    _mount(
        key=key,
        data=encode(grid_message(matrices, sources, products, refused)),
        on_pick_change=picked,
        on_edit_change=edited,
        on_window_change=windowed,
    )


def edits_after(sent: object, last: int) -> list[dict[str, Any]]:
    """The edits that the browser sent, in order, without those up to the last one applied: it sends some again."""
    edits = [each for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    return [
        each for each in edits
        if type(each.get("id")) is int and each["id"] > last and isinstance(each.get("text"), str)
    ]  # fmt: skip


def grid_message(
    matrices: list[GridMatrix], sources: list[CellSource], products: list[Product], refused: Refused | None
) -> dict[str, Any]:
    """The data for the browser."""
    return {
        "matrices": [_matrix_message(each) for each in matrices],
        "sources": [vars(each) for each in sources],
        "products": [vars(each) for each in products],
        "refused": refused and vars(refused),
    }


def _matrix_message(matrix: GridMatrix) -> dict[str, Any]:
    return {
        "name": matrix.name, "title": matrix.title, "role": matrix.role, "scale": matrix.scale, "edits": matrix.edits,
        "sign": matrix.sign, "after": matrix.after, "begins": matrix.begins,
        "rows": vars(matrix.rows), "columns": vars(matrix.columns), "texts": matrix.texts,
        "values": [[_round(x, 7 if matrix.edits == "no" else 17) for x in row] for row in matrix.values],
        "shades": [[_round(x, 3) for x in row] for row in shades(matrix)],
        "before": {f"{row},{column}": text for (row, column), text in matrix.before.items()},
    }  # fmt: skip


def shades(matrix: GridMatrix) -> np.ndarray:
    """The colour of each cell: 0 to 1 for weights, -1 to 1 for signed numbers, relative to the largest shown."""
    values = np.where(np.isfinite(matrix.values), matrix.values, 0.0)
    if matrix.scale == "weights":
        return np.clip(values, 0, 1)
    return values / (np.abs(values).max(initial=0) or 1)


def _round(value: float, digits: int = 7) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None
