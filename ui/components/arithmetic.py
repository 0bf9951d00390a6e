"""The arithmetic component: steps of equations and tables, whose numbers open into their own computation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from attention_core.computation.derivation import Address, Piece
from ui.components import encode, read_assets


@dataclass(frozen=True)
class Equation:
    """One equation as a line of pieces, and a caption that names its result."""

    pieces: Sequence[Piece]
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A table: the heading of each column, the cells of each row, and the marked row."""

    head: Sequence[str]
    rows: Sequence[Sequence[Piece]]
    chosen: int | None = None


@dataclass(frozen=True)
class Fold:
    """Details that can be unfolded below a step."""

    label: str
    lines: Sequence[Equation] = ()
    words: Sequence[str] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class ArithmeticStep:
    """One step: its equations, its sentences, and details that can be unfolded below it."""

    lines: Sequence[Equation] = ()
    words: Sequence[str] = ()
    folds: Sequence[Fold] = ()


@dataclass(frozen=True)
class Bars:
    """Numbers drawn as bars above the steps, and their description."""

    values: Sequence[float]
    words: str


@dataclass(frozen=True)
class Opened:
    """The numbers opened one from another, a short name of each, and how the last one is computed."""

    trail: Sequence[Address]
    names: Sequence[str]
    step: ArithmeticStep


@dataclass(frozen=True)
class Arithmetic:
    """All that is drawn: the steps, the bars above them, the opened number, and the weight that is explained."""

    steps: Sequence[ArithmeticStep] = ()
    bars: Bars | None = None
    opened: Opened | None = None
    weight: float | None = None


_mount = st.components.v2.component(
    "attention_lab_arithmetic",
    css=read_assets("arithmetic.css"),
    js=read_assets("theme.js", "element.js", "arithmetic.js"),
)  # fmt: skip


def arithmetic(
    encoded: bytes, *, key: str, on_open: Callable[[Address], None], on_back: Callable[[int], None]
) -> None:
    """Mount an arithmetic.

    encoded: from `encode_arithmetic`
    on_open: called with the address of a clicked number
    on_back: called with how many opened numbers to keep
    """

    def opened() -> None:
        wanted = st.session_state[key].open
        if isinstance(wanted, str) and (address := Address.parse(wanted)):
            on_open(address)

    def go_back() -> None:
        kept = st.session_state[key].back
        if isinstance(kept, int) and kept >= 0:
            on_back(kept)

    _mount(key=key, data=encoded, on_open_change=opened, on_back_change=go_back)


def encode_arithmetic(content: Arithmetic, name: str = "Arithmetic", back: str = "Back to the weight") -> bytes:
    """An arithmetic as the data for the browser.

    name: the region's name for screen readers
    back: the label of the button that closes an opened number
    """
    return encode({"name": name, "back": back} | arithmetic_message(content))


def arithmetic_message(content: Arithmetic) -> dict[str, Any]:
    """The contents for the browser."""
    bars, opened = content.bars, content.opened
    return {
        "steps": [_step_message(step) for step in content.steps],
        "bars": bars and {"values": list(bars.values), "words": bars.words},
        "opened": opened and {
            "trail": [*map(str, opened.trail)], "names": [*opened.names], **_step_message(opened.step),
        },
        "weight": "" if content.weight is None else f"{content.weight:.6f}",
    }  # fmt: skip


def _step_message(step: ArithmeticStep) -> dict[str, Any]:
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
