"""What a person may give: whole numbers in their range, one text, ids, marks; InputError that says what to do else."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from attention_core.errors import InputError, shorten_middle

SHOWN = 60  # characters of what was given


def told(given: object) -> str:
    """What was given, in a message."""
    if shape := getattr(given, "shape", ()):
        return f"an array of shape {list(shape)}"
    return shorten_middle(repr(given) if isinstance(given, str | list | tuple) else str(given), SHOWN)


def is_whole(given: object) -> bool:
    """Whether something is a whole number, and no truth value."""
    return isinstance(given, Integral) and not isinstance(given, bool)


def is_number(given: object) -> bool:
    """Whether something is a real number, and no truth value."""
    return isinstance(given, Real) and not isinstance(given, bool)


def check_index(axis: str, index: object, count: int) -> None:
    """InputError when an index along an axis, such as "layer", is no whole number from 0 to count - 1."""
    if not is_whole(index) or not 0 <= index < count:  # type: ignore[operator]
        raise InputError(f"{axis.capitalize()} {told(index)} is not there: give a whole number from 0 to {count - 1}.")


def check_text(given: object) -> None:
    """InputError when what is given as a text is none, or several."""
    if isinstance(given, str):
        return
    if isinstance(given, list | tuple):
        raise InputError(f"One text is run at a time, got {len(given)} in a {type(given).__name__}: give each alone.")
    if hasattr(given, "shape"):
        raise InputError(f"This model reads texts, not images: give a str, got {told(given)}.")
    raise InputError(f"A text is a str, got {told(given)} of type {type(given).__name__}.")


def whole_numbers(name: str, given: Any) -> list[int]:
    """Token ids as a list, from a list, an array or a tensor; InputError when they are no row of whole numbers."""
    if isinstance(given, str):
        raise InputError(f"{name} are whole numbers, got the text {told(given)}: a text is given without {name}=.")
    numbers = listed(name, given)
    if wrong := [each for each in numbers if not is_whole(each)]:
        rows = ": run one row at a time" if isinstance(wrong[0], list | tuple) else ""
        raise InputError(f"{name} are a row of whole numbers, got {told(wrong[0])} among them{rows}.")
    return [int(each) for each in numbers]


def marks(name: str, given: Any, count: int) -> list[bool]:
    """A mark for each of `count` tokens, from truth values or from 0 and 1; InputError for anything else."""
    found = listed(name, given)
    if len(found) != count:
        raise InputError(f"{count} tokens need as many marks in {name}, got {len(found)}.")
    if wrong := [each for each in found if isinstance(each, str | list | tuple) or each not in (0, 1)]:
        raise InputError(f"{name} has True or False for each token, got {told(wrong[0])}.")
    return [bool(each) for each in found]


def listed(name: str, given: Any) -> list[Any]:
    """What stands in a list, an array or a tensor."""
    try:
        return list(given.tolist() if hasattr(given, "tolist") else given)
    except TypeError as error:
        raise InputError(f"{name} is a list with one value for each token, got {told(given)}.") from error


def nearest(name: object, known: Iterable[str]) -> str:
    """A sentence with the names that are like one that is not there; nothing when there are none."""
    found = get_close_matches(str(name), list(known), 3)
    return f" Did you mean {', '.join(found)}?" if found else ""
