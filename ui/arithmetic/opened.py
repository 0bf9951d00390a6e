"""A number that was opened: how it is made, and the trail of numbers that led to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_core.computation.derivation import Address, Term, steps
from attention_core.computation.render import number
from attention_core.errors import InputError
from ui.arithmetic.equations import FIRST_TERMS, equation, named, plain, products_table
from ui.components.arithmetic import arithmetic
from ui.shared.page import theme_name


def show_making(trail: str, keep: Callable[[str], None], **how: Any) -> None:
    """Show how the last number of a trail is made; `keep` is called with the trail that a click leads to."""

    def open_number(address: str) -> None:
        keep(f"{trail}~{address}")

    def back(kept: int) -> None:
        keep("~".join(trail.split("~")[:kept]))

    view = {"steps": [], "bars": None, "weight": "", "dark": theme_name() == "dark", "opened": opened(trail, **how)}
    arithmetic(view, key="arithmetic", on_open=open_number, on_back=back)


def opened(
    trail: str,
    make: Callable[[Address], Term],
    where: Callable[[Address], str],
    decimals: int = 4,
    count: int = FIRST_TERMS,
) -> Any:
    """The last number of a trail as the arithmetic component shows it; None when nothing is opened.

    trail: addresses joined by "~"
    make:  how the number at an address is made; InputError when there is none
    where: in words, which number an address is
    count: how many terms of a long sum are written out
    """
    addresses = [address for part in trail.split("~") if (address := Address.parse(part))] if trail else []
    if not addresses:
        return None
    names = [str(address) for address in addresses]
    try:
        term = make(addresses[-1])
    except InputError as error:
        return {"trail": names, "lines": [], "words": [str(error)], "folds": []}
    lines, words, folds = [], [where(addresses[-1])], []
    for each in steps(term):
        runs, rounded = equation(each, count, decimals)
        lines.append([*named(each.name), *runs])
        words += rounded
        if sum(part.op == "product" for part in each.parts) > count:
            folds.append({
                "label": f"all {len(each.parts)} parts of {each.name}, strongest first",
                "tables": [products_table(each, ["", "from", "times", "product"])],
            })  # fmt: skip
    if not term.parts:
        lines.append([*named(term.name), plain(number(term.value, max(decimals, 6)))])
    return {"trail": names, "lines": lines, "words": [*words, *([term.note] if term.note else [])], "folds": folds}
