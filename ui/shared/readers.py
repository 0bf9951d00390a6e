"""Readers of what an address or a widget says: each cleans a raw value, or raises ValueError or AttentionLabError.

A reader of numbers also takes the least and the most that it accepts.
"""

from collections.abc import Callable
from typing import Any

from attention_core.errors import UnknownModelError
from attention_core.lessons.lesson_file import from_address
from ui.shared.continuation import Written
from ui.shared.offer import may_load, refusal
from ui.shared.trail import Trail

LONGEST_TEXT = 20_000  # characters; what is longer is cut, since pictures grow with the square of the tokens
FARTHEST = 1_000_000


def whole(value: Any, least: int, most: int) -> int:
    """A whole number within bounds."""
    number = int(str(value))
    if not least <= number <= most:
        raise ValueError(value)
    return number


def hundredths(value: Any, least: float, most: float) -> float:
    """A number within bounds, to two decimals."""
    number = float(value)
    if not least <= number <= most:
        raise ValueError(value)
    return round(number, 2)


def head(value: Any, least: int, most: int) -> str:
    """The number of a head, or "mean" for the average of all."""
    return "mean" if value == "mean" else str(whole(value, least, most))


def one_of(*choices: str) -> Callable[[Any], str]:
    """A reader that accepts only these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def switch(value: Any) -> bool:
    """On or off."""
    match str(value):
        case "True" | "1":
            return True
        case "False" | "0":
            return False
    raise ValueError(value)


def text(value: Any) -> str:
    """Any text, within what a page can carry."""
    return str(value)[:LONGEST_TEXT]


def model(value: Any) -> str:
    """A model that this server lets a page load."""
    if not may_load(str(value)):
        raise UnknownModelError(refusal(str(value)))
    return str(value)


def trail(value: Any) -> Trail:
    """The numbers opened one from another."""
    return Trail.parse(str(value))


def dims(value: Any) -> str:
    """Some dimensions: "3,17"."""
    return ",".join(str(whole(part, 0, FARTHEST)) for part in str(value).split(",")[:8] if part)


def starts(value: Any) -> str:
    """Which parts of long axes are shown: "dim:8,model:16"."""
    pairs = [part.partition(":") for part in str(value).split(",") if part]
    if len(pairs) > 12 or not all(axis.replace(".", "").isalpha() for axis, _, _ in pairs):
        raise ValueError(value)
    return ",".join(f"{axis}:{whole(start, 0, FARTHEST)}" for axis, _, start in pairs)


def written(value: Any) -> str:
    """The tokens that a model has written at the end of the text."""
    return str(Written.read(str(value))) if value else ""


def lesson(value: Any) -> str:
    """An edited worked example, as an address holds it."""
    written = str(value)
    if written:
        from_address(written)
    return written


def checksum(value: Any) -> int:
    """A number of 32 bits."""
    return whole(value, 0, 2**32 - 1)
