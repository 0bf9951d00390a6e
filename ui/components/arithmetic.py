"""Arithmetic as it is drawn: steps of equations and tables, whose numbers open into their own making."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from attention_core.computation.derivation import Address, Piece
from ui.components import source


@dataclass(frozen=True)
class Equation:
    """One equation as a line of pieces, and what stands above it in words: what it is of."""

    pieces: Sequence[Piece]
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A table: the head of each column, the cells of each row, and the row that is marked."""

    head: Sequence[str]
    rows: Sequence[Sequence[Piece]]
    chosen: int | None = None


@dataclass(frozen=True)
class Fold:
    """What can be unfolded below a step."""

    label: str
    lines: Sequence[Equation] = ()
    words: Sequence[str] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Step:
    """One step: its equations, what there is to say of it, and what can be unfolded below it."""

    lines: Sequence[Equation] = ()
    words: Sequence[str] = ()
    folds: Sequence[Fold] = ()


@dataclass(frozen=True)
class Bars:
    """Numbers as bars above the steps, and what they are in words."""

    values: Sequence[float]
    words: str


@dataclass(frozen=True)
class Opened:
    """The numbers opened one from another, and how the last of them is made."""

    trail: Sequence[Address]
    making: Step


@dataclass(frozen=True)
class Arithmetic:
    """All that is drawn: the steps, the bars above them, the number that is opened, and the weight it is all about."""

    steps: Sequence[Step] = ()
    bars: Bars | None = None
    opened: Opened | None = None
    weight: float | None = None


_mount = st.components.v2.component(
    "attention_lab_arithmetic", css=source("arithmetic.css"), js=source("theme.js", "element.js", "arithmetic.js"),
)  # fmt: skip


def arithmetic(
    made: Arithmetic,
    *,
    key: str,
    on_open: Callable[[Address], None],
    on_back: Callable[[int], None],
    name: str = "Arithmetic",
    back: str = "Back to the weight",
) -> None:
    """Mount the arithmetic.

    on_open: called with the address of a number that was clicked
    on_back: called with how many opened numbers are to be kept
    name:    what a screen reader calls it
    back:    what the way back from an opened number is called
    """

    def opened() -> None:
        wanted = st.session_state[key].open
        if isinstance(wanted, str) and (address := Address.parse(wanted)):
            on_open(address)

    def go_back() -> None:
        kept = st.session_state[key].back
        if isinstance(kept, int) and kept >= 0:
            on_back(kept)

    data = {"name": name, "back": back} | message(made)
    _mount(key=key, data=[data], on_open_change=opened, on_back_change=go_back)


def message(made: Arithmetic) -> dict[str, Any]:
    """What the browser is sent."""
    return {
        "steps": [_step(each) for each in made.steps],
        "bars": made.bars and {"values": list(made.bars.values), "words": made.bars.words},
        "opened": made.opened and {"trail": [*map(str, made.opened.trail)], **_step(made.opened.making)},
        "weight": "" if made.weight is None else f"{made.weight:.6f}",
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "lines": [*map(_line, step.lines)],
        "words": list(step.words),
        "folds": [
            {"label": fold.label, "lines": [*map(_line, fold.lines)], "words": list(fold.words),
             "tables": [*map(_table, fold.tables)]}
            for fold in step.folds
        ],
    }  # fmt: skip


def _table(table: Table) -> dict[str, Any]:
    return {
        "head": list(table.head),
        "rows": [[*map(_piece, row)] for row in table.rows],
        "chosen": -1 if table.chosen is None else table.chosen,
    }


def _line(line: Equation) -> list[list[str]]:
    named = [[line.name, "name", "", ""]] if line.name else []
    return [*named, *map(_piece, line.pieces)]


def _piece(piece: Piece) -> list[str]:
    return [piece.text, piece.role, str(piece.at) if piece.at else "", piece.name]
