"""A derivation as HTML: every equation on a line of its own, its numbers in the colours of query, key and value."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from attention_core.computation.derivation import Line, Piece, Term, lines
from attention_core.errors import InputError
from attention_core.plot.theme import Theme, ThemeName
from attention_core.plot.theme import theme as theme_of
from attention_core.validate import told


@dataclass(frozen=True, repr=False)
class Html:
    """HTML that a notebook shows; `str` of it is its source."""

    source: str

    def __repr__(self) -> str:
        return "<Html, shown by a notebook; str gives its source>"

    def __str__(self) -> str:
        return self.source

    def _repr_html_(self) -> str:
        return self.source


class ArithmeticInfo(NamedTuple):
    """A derivation before it is drawn.

    equations: what each is of, and the equation, in the order in which they are worked out
    note:      what there is to say of the number in words
    """

    equations: list[tuple[str, Line]]
    note: str


def arithmetic(term: Term, *, theme: ThemeName = "light") -> Html:
    """How a number was made, every equation on a line, for a notebook.

    term:    what `explain.weight` gives, or one of those that `explain.output` gives
    theme:   "light", or "dark" for a dark notebook
    returns: HTML, which a notebook shows and `str` gives
    Raises InputError for anything but a term that is made from others.
    """
    return Html(_html(arithmetic_info(term), theme_of(theme)))


def arithmetic_info(term: Term) -> ArithmeticInfo:
    """What the arithmetic shows; arguments and errors as for `arithmetic`."""
    if not isinstance(term, Term):
        one = ": give one of them" if isinstance(term, tuple) else ""
        raise InputError(f"Give a term, as ac.explain.weight(...) makes it{one}; got {told(term)}.")
    if not term.parts:
        raise InputError(f"{term.name or 'This number'} is given, not made from others. {term.note}".rstrip())
    return ArithmeticInfo([(made.term.name, made) for made in lines(term)], term.note)


def _html(info: ArithmeticInfo, colours: Theme) -> str:
    """The whole as one block, which takes its ink and paper from the notebook."""
    inks = {"query": colours.query, "key": colours.key, "value": colours.value}

    def drawn(piece: Piece) -> str:
        ink = inks.get(piece.role)
        named = f' title="{escape(piece.name)}"' if piece.name else ""
        return f'<span style="color:{ink}"{named}>{escape(piece.text)}</span>' if ink else escape(piece.text)

    rows = []
    for name, made in info.equations:
        rows.append(f"{escape(name)} = {''.join(map(drawn, made.pieces))}")
        if made.rounding:
            rows.append(f"<small>{escape(made.rounding)}</small>")
    if info.note:
        rows.append(escape(info.note))
    return '<pre style="white-space:pre-wrap">' + "\n".join(rows) + "</pre>"
