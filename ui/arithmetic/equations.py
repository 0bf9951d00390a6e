"""Equations and tables as the arithmetic component takes them: runs of characters, whose numbers can be opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attention_core.computation.derivation import Line, Piece, Term, line, shorten
from attention_core.computation.render import number

Run = list[Any]  # [text, role, address, name]
FIRST_TERMS = 4  # of a long sum, what is shown before it is unfolded
MOST_ROWS = 64  # of a long sum, what is listed when it is unfolded; the rest is one number


def run(piece: Piece) -> Run:
    """A run of characters for the component."""
    return [piece.text, piece.role, str(piece.at) if piece.at else "", piece.name]


def plain(text: str, role: str = "plain") -> Run:
    """A run that opens nothing."""
    return [text, role, "", ""]


def value(term: Term) -> Run:
    """A number of a table, which opens under its address."""
    return [number(term.value, 4), term.role, str(term.at) if term.at else "", term.name]


def equation(term: Term, count: int = FIRST_TERMS, decimals: int = 4) -> tuple[list[Run], list[str]]:
    """A term's equation, long sums cut to their largest parts, and what there is to say of its rounding."""
    shown = line(shorten(term, count), decimals)
    rest = [f"{piece.text} is the sum of {piece.name}." for piece in shown.pieces if piece.is_rest]
    return [run(piece) for piece in shown.pieces], rest + rounding(shown)


def rounding(shown: Line) -> list[str]:
    """A sentence where the digits as shown do not give the result to the last digit."""
    if shown.exact:
        return []
    right, last = number(shown.term.value, shown.decimals), number(shown.shown, shown.decimals)
    return [f"Rounding shows: the digits as printed give {last}, the exact numbers {right}."]


def equations(terms: Iterable[Term], count: int = FIRST_TERMS) -> tuple[list[list[Run]], list[str]]:
    """The equations of several terms, and what there is to say of their rounding."""
    made = [equation(term, count) for term in terms]
    return [runs for runs, _ in made], [said for _, rounded in made for said in rounded]


def fold(label: str, terms: Iterable[Term], tables: Iterable[dict[str, Any]] = (), count: int = MOST_ROWS) -> Any:
    """What can be unfolded below a step: equations, with what there is to say of their rounding, and tables."""
    lines, words = equations(terms, count)
    return {"label": label, "lines": lines, "words": words, "tables": list(tables)}


def step(term: Term, words: list[str], folds: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A step of one equation."""
    runs, rounded = equation(term)
    return {"lines": [runs], "words": [" ".join([*words, *rounded])], "folds": folds or []}


def products_table(term: Term, head: list[str], names: list[str] | None = None, order: bool = True) -> dict[str, Any]:
    """The products of a sum, a row each, strongest first or in order; past MOST_ROWS the rest is one row."""
    places = [i for i, part in enumerate(term.parts) if part.op == "product"]
    if order:
        places.sort(key=lambda i: abs(float(term.parts[i].value)), reverse=True)
    rows = [
        [plain(names[i] if names else str(i)), *map(value, term.parts[i].parts), plain(number(term.parts[i].value, 4))]
        for i in places[:MOST_ROWS]
    ]
    if rest := places[MOST_ROWS:]:
        total = sum(term.parts[i].value for i in rest)
        rows.append([plain(f"{len(rest)} more"), plain(""), plain(""), plain(number(total, 4))])
    return {"head": head, "rows": rows, "chosen": -1}


def named(name: str) -> list[Run]:
    """What an equation is of: a run that stands above it."""
    return [plain(name, "name")]
