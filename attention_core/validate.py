"""Validation of arguments: indices, texts, token ids, masks; an InputError says what to do instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from attention_core.errors import InputError, shorten_middle

MAX_SUMMARY = 60  # characters


def summarize(given: object) -> str:
    """A short form of an argument, for a message."""
    if shape := getattr(given, "shape", ()):
        return f"an array of shape {list(shape)}"
    return shorten_middle(repr(given) if isinstance(given, str | list | tuple) else str(given), MAX_SUMMARY)


def is_int(given: object) -> bool:
    """Whether this is a whole number, and not a bool."""
    # Asked for every number of a derivation; the first answer spares the abstract class, which is slow to ask.
    return type(given) is int or (isinstance(given, Integral) and not isinstance(given, bool))


def is_real(given: object) -> bool:
    """Whether this is a real number, and not a bool."""
    return isinstance(given, Real) and not isinstance(given, bool)


def check_index(axis: str, index: object, count: int) -> None:
    """InputError unless an index along an axis, such as "layer", is a whole number from 0 to count - 1."""
    if not is_int(index) or not 0 <= index < count:  # type: ignore[operator]
        name = f"{axis.capitalize()} {summarize(index)}"
        raise InputError(f"{name} does not exist: give a whole number from 0 to {count - 1}.")


def check_text(given: object) -> None:
    """InputError unless this is one text."""
    if isinstance(given, str):
        return
    if isinstance(given, list | tuple):
        raise InputError(f"Give one text at a time, got a {type(given).__name__} of {len(given)}.")
    if hasattr(given, "shape"):
        raise InputError(f"This model reads texts, not images: give a str, got {summarize(given)}.")
    raise InputError(f"A text is a str, got {summarize(given)} of type {type(given).__name__}.")


def integer_list(name: str, given: Any) -> list[int]:
    """Token ids as a list, from a list, array or tensor; InputError unless they are one row of whole numbers."""
    if isinstance(given, str):
        raise InputError(f"{name} are whole numbers, got the text {summarize(given)}: give a text without {name}=.")
    numbers = as_list(name, given)
    if wrong := [each for each in numbers if not is_int(each)]:
        rows = ": run one row at a time" if isinstance(wrong[0], list | tuple) else ""
        raise InputError(f"{name} are one row of whole numbers, got {summarize(wrong[0])} among them{rows}.")
    return [int(each) for each in numbers]


def boolean_mask(name: str, given: Any, count: int) -> list[bool]:
    """A mask of `count` tokens as a list of bool, from bools or 0 and 1; InputError for anything else."""
    values = as_list(name, given)
    if len(values) != count:
        raise InputError(f"{name} has one value for each of the {count} tokens, got {len(values)}.")
    if wrong := [each for each in values if isinstance(each, str | list | tuple) or each not in (0, 1)]:
        raise InputError(f"{name} has True or False for each token, got {summarize(wrong[0])}.")
    return [bool(each) for each in values]


def as_list(name: str, given: Any) -> list[Any]:
    """The values of a list, array or tensor."""
    try:
        return list(given.tolist() if hasattr(given, "tolist") else given)
    except TypeError as error:
        raise InputError(f"{name} is a list with one value for each token, got {summarize(given)}.") from error


def suggest_names(name: object, known: Iterable[str]) -> str:
    """A sentence with the known names that resemble an unknown one; empty if none does."""
    similar = get_close_matches(str(name), list(known), 3)
    return f" Did you mean {', '.join(similar)}?" if similar else ""
