"""Equations and tables to be drawn: long sums shortened, rounding stated, numbers that open their derivation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attention_core.computation.derivation import Piece, Term, line, shorten_sums
from attention_core.computation.render import format_number
from ui.components.arithmetic import ArithmeticStep, Equation, Fold, Table

FIRST_TERMS = 4  # the terms of a long sum that are written out
MOST_ROWS = 64  # the terms of a long sum that its table lists; the rest is one number


def number_piece(term: Term) -> Piece:
    """The value of a term for a table; it opens under the term's address."""
    return Piece(format_number(term.value, 4), term.role, term.name, term.at)


def equation(term: Term, count: int = FIRST_TERMS, decimals: int = 4, name: str = "") -> tuple[Equation, list[str]]:
    """The equation of a term, with long sums cut to their largest terms, and sentences on that and on rounding.

    name: the heading above the equation
    """
    shown = line(shorten_sums(term, count), decimals)
    rest = [f"{piece.text} is the sum of {piece.name} terms." for piece in shown.pieces if piece.is_rest]
    return Equation(shown.pieces, name), rest + ([shown.rounding] if shown.rounding else [])


def equations(terms: Iterable[Term], count: int = FIRST_TERMS) -> tuple[list[Equation], list[str]]:
    """The equations of several terms, and the sentences on them; see `equation`."""
    pairs = [equation(term, count) for term in terms]
    return [each for each, _ in pairs], [sentence for _, sentences in pairs for sentence in sentences]


def make_fold(label: str, terms: Iterable[Term], tables: Sequence[Table] = (), count: int = MOST_ROWS) -> Fold:
    """A fold below a step: the equations of some terms, the sentences on them, and tables."""
    lines, words = equations(terms, count)
    return Fold(label, lines, words, tables)


def make_step(term: Term, words: list[str], folds: Sequence[Fold] = ()) -> ArithmeticStep:
    """A step with the equation of one term."""
    shown, rounded = equation(term)
    return ArithmeticStep([shown], [" ".join([*words, *rounded])], folds)


def products_table(term: Term, head: list[str], names: list[str] | None = None, order: bool = True) -> Table:
    """The products of a sum, one per row; after MOST_ROWS the rest is one row.

    order: largest in magnitude first, instead of by index
    """
    indices = [i for i, part in enumerate(term.parts) if part.op == "product"]
    if order:
        indices.sort(key=lambda i: abs(float(term.parts[i].value)), reverse=True)
    rows = [
        [
            Piece(names[i] if names else str(i)),
            *map(number_piece, part.parts),
            Piece(format_number(part.value, 4)),
        ]
        for i, part in ((i, term.parts[i]) for i in indices[:MOST_ROWS])
    ]
    if rest := indices[MOST_ROWS:]:
        total = sum(term.parts[i].value for i in rest)
        rows.append([Piece(f"{len(rest)} more"), Piece(""), Piece(""), Piece(format_number(total, 4))])
    return Table(head, rows)
