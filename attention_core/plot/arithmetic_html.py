"""A derivation as HTML: one equation per line, with numbers in the colours of query, key and value."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from attention_core.computation.derivation import Line, Piece, Term, lines
from attention_core.errors import InputError
from attention_core.plot.theme import Theme, ThemeName
from attention_core.plot.theme import theme as theme_of
from attention_core.validate import summarize


@dataclass(frozen=True, repr=False)
class Html:
    """HTML that a notebook displays; `str` returns its source."""

    source: str

    def __repr__(self) -> str:
        return "<Html, displayed by a notebook; str() returns its source>"

    def __str__(self) -> str:
        return self.source

    def _repr_html_(self) -> str:
        return self.source


class ArithmeticInfo(NamedTuple):
    """A derivation before it is drawn.

    equations: the name of each result and its equation, in order of computation
    note:      an explanation of the number in words
    """

    equations: list[tuple[str, Line]]
    note: str


def arithmetic(term: Term, *, theme: ThemeName = "light") -> Html:
    """How a number is computed, one equation per line, for a notebook.

    term:    the result of `explain.weight`, or one of the terms of `explain.output`
    theme:   "light", or "dark" for a dark notebook
    returns: HTML that a notebook displays; `str` returns its source
    Raises InputError for anything but a term that is computed from others.
    """
    return Html(_html(arithmetic_info(term), theme_of(theme)))


def arithmetic_info(term: Term) -> ArithmeticInfo:
    """The contents of the arithmetic; arguments and errors as for `arithmetic`."""
    if not isinstance(term, Term):
        one = ": give one of them" if isinstance(term, tuple) else ""
        raise InputError(f"Give a term, such as the result of ac.explain.weight(...){one}; got {summarize(term)}.")
    if not term.parts:
        raise InputError(f"{term.name or 'This number'} is given, not computed from others. {term.note}".rstrip())
    return ArithmeticInfo([(line.term.name, line) for line in lines(term)], term.note)


def _html(info: ArithmeticInfo, colours: Theme) -> str:
    """One block of HTML; its text and background colours are the notebook's."""
    inks = {"query": colours.query, "key": colours.key, "value": colours.value}

    def piece_html(piece: Piece) -> str:
        ink = inks.get(piece.role)
        named = f' title="{escape(piece.name)}"' if piece.name else ""
        return f'<span style="color:{ink}"{named}>{escape(piece.text)}</span>' if ink else escape(piece.text)

    rows = []
    for name, line in info.equations:
        rows.append(f"{escape(name)} = {''.join(map(piece_html, line.pieces))}")
        if line.rounding:
            rows.append(f"<small>{escape(line.rounding)}</small>")
    if info.note:
        rows.append(escape(info.note))
    return '<pre style="white-space:pre-wrap">' + "\n".join(rows) + "</pre>"
