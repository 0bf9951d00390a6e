"""Equations and tables as they are drawn: long sums cut, what rounding shows said, numbers that can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attention_core.computation.derivation import Piece, Term, line, shorten_sums
from attention_core.computation.render import format_number
from ui.components.arithmetic import ArithmeticStep, Equation, Fold, Table

FIRST_TERMS = 4  # of a long sum, what is shown before it is unfolded
MOST_ROWS = 64  # of a long sum, what is listed when it is unfolded; the rest is one number


def value(term: Term) -> Piece:
    """A number of a table, which opens under its address."""
    return Piece(format_number(term.value, 4), term.role, term.name, term.at)


def equation(term: Term, count: int = FIRST_TERMS, decimals: int = 4, name: str = "") -> tuple[Equation, list[str]]:
    """A term's equation, long sums cut to their largest parts, and what there is to say of its rounding.

    name: what stands above it
    """
    shown = line(shorten_sums(term, count), decimals)
    rest = [f"{piece.text} is the sum of {piece.name}." for piece in shown.pieces if piece.is_rest]
    return Equation(shown.pieces, name), rest + ([shown.rounding] if shown.rounding else [])


def equations(terms: Iterable[Term], count: int = FIRST_TERMS) -> tuple[list[Equation], list[str]]:
    """The equations of several terms, and what there is to say of their rounding."""
    made = [equation(term, count) for term in terms]
    return [each for each, _ in made], [said for _, rounded in made for said in rounded]


def fold(label: str, terms: Iterable[Term], tables: Sequence[Table] = (), count: int = MOST_ROWS) -> Fold:
    """What can be unfolded below a step: equations, with what there is to say of their rounding, and tables."""
    lines, words = equations(terms, count)
    return Fold(label, lines, words, tables)


def step(term: Term, words: list[str], folds: Sequence[Fold] = ()) -> ArithmeticStep:
    """A step of one equation."""
    made, rounded = equation(term)
    return ArithmeticStep([made], [" ".join([*words, *rounded])], folds)


def products_table(term: Term, head: list[str], names: list[str] | None = None, order: bool = True) -> Table:
    """The products of a sum, a row each, strongest first or in order; past MOST_ROWS the rest is one row."""
    places = [i for i, part in enumerate(term.parts) if part.op == "product"]
    if order:
        places.sort(key=lambda i: abs(float(term.parts[i].value)), reverse=True)
    rows = [
        [
            Piece(names[i] if names else str(i)),
            *map(value, term.parts[i].parts),
            Piece(format_number(term.parts[i].value, 4)),
        ]
        for i in places[:MOST_ROWS]
    ]
    if rest := places[MOST_ROWS:]:
        total = sum(term.parts[i].value for i in rest)
        rows.append([Piece(f"{len(rest)} more"), Piece(""), Piece(""), Piece(format_number(total, 4))])
    return Table(head, rows)
