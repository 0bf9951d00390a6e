"""Numbers that open: how the last one is computed, and the trail of numbers that led to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attention_core.computation.derivation import Address, Piece, Term, named_steps
from attention_core.computation.render import format_number
from attention_core.errors import InputError
from ui.arithmetic.equations import FIRST_TERMS, equation, products_table
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Equation, Fold, Opened, arithmetic, encode_arithmetic
from ui.shared.selection import chosen, put
from ui.shared.trail import EMPTY, Trail

TrailNames = Callable[[Sequence[Address]], list[str]]


def show_arithmetic(encoded: bytes, entry: str, first: Trail = EMPTY, key: str = "arithmetic") -> None:
    """Draw an arithmetic in which each number opens its derivation.

    encoded: from `encode_arithmetic`
    entry:   the entry of the selection that holds the trail
    first:   the trail that is shown if none is chosen
    """

    def trail() -> Trail:
        return chosen()[entry] or first

    def open_number(address: Address) -> None:
        put(**{entry: trail().opened(address)})

    def back(kept: int) -> None:
        put(**{entry: trail().back_to(kept)})

    arithmetic(encoded, key=key, on_open=open_number, on_back=back)


def show_derivation(
    entry: str,
    make: Callable[[Address], Term],
    where: Callable[[Address], str],
    names: TrailNames,
    first: Trail = EMPTY,
    **shown: int,
) -> None:
    """Show how the last number of a trail is computed; arguments as for `show_arithmetic` and `opened_number`."""
    number = opened_number(chosen()[entry] or first, make, where, names, **shown)
    show_arithmetic(encode_arithmetic(Arithmetic(opened=number)), entry, first)


def opened_number(
    trail: Trail,
    make: Callable[[Address], Term],
    where: Callable[[Address], str],
    names: TrailNames,
    decimals: int = 4,
    count: int = FIRST_TERMS,
) -> Opened | None:
    """The derivation of the last number of a trail; None for an empty trail.

    make:  the term at an address; InputError if there is none
    where: the sentence that says which number an address is
    names: the short names of a trail's numbers
    count: how many terms of a long sum are written out
    """
    if not trail:
        return None
    try:
        term = make(trail.current)
    except InputError as error:
        return Opened(trail.addresses, names(trail.addresses), ArithmeticStep(words=[str(error)]))
    lines, words, folds = [], [where(trail.current)], []
    for each in named_steps(term):
        shown, rounded = equation(each, count, decimals, name=each.name)
        lines.append(shown)
        words += rounded
        if sum(part.op == "product" for part in each.parts) > count:
            folds.append(Fold(
                f"all {len(each.parts)} terms of {each.name}, largest in magnitude first",
                tables=[products_table(each, ["term", "factor", "× factor", "product"])],
            ))  # fmt: skip
    if not term.parts:
        lines.append(Equation([Piece(format_number(term.value, max(decimals, 6)))], term.name))
    step = ArithmeticStep(lines, [*words, *([term.note] if term.note else [])], folds)
    return Opened(trail.addresses, names(trail.addresses), step)
