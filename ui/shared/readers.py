"""Readers of raw values from an address or a widget: each parses one, or raises ValueError or AttentionLabError.

A reader of numbers also takes the minimum and maximum.
"""

from collections.abc import Callable
from typing import Any

from attention_core.errors import UnknownModelError
from attention_core.lessons.lesson_file import from_address
from attention_core.surrogates import without_surrogates
from ui.shared.continuation import GeneratedTokens
from ui.shared.offer import may_load, refusal_message
from ui.shared.trail import Trail

MAX_TEXT_LENGTH = 20_000  # characters; longer texts are cut, since patterns grow with the square of the tokens
MAX_INDEX = 1_000_000


def integer(value: Any, least: int, most: int) -> int:
    """An integer within bounds."""
    number = int(str(value))
    if not least <= number <= most:
        raise ValueError(value)
    return number


def hundredths(value: Any, least: float, most: float) -> float:
    """A number within bounds, rounded to two decimals."""
    number = float(value)
    if not least <= number <= most:
        raise ValueError(value)
    return round(number, 2)


def head_or_mean(value: Any, least: int, most: int) -> str:
    """The index of a head, or "mean" for the average of all heads."""
    return "mean" if value == "mean" else str(integer(value, least, most))


def one_of(*choices: str) -> Callable[[Any], str]:
    """A reader that accepts only the given words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def boolean(value: Any) -> bool:
    """On or off."""
    match str(value):
        case "True" | "1":
            return True
        case "False" | "0":
            return False
    raise ValueError(value)


def text(value: Any) -> str:
    """Any text, cut to `MAX_TEXT_LENGTH`, without lone surrogates."""
    return without_surrogates(str(value)[:MAX_TEXT_LENGTH])


def model(value: Any) -> str:
    """The name of a model that a page may load."""
    if not may_load(str(value)):
        raise UnknownModelError(refusal_message(str(value)))
    return str(value)


def trail(value: Any) -> Trail:
    """The numbers opened one from another."""
    return Trail.parse(str(value))


def dims(value: Any) -> str:
    """Dimensions, such as "3,17"."""
    return ",".join(str(integer(part, 0, MAX_INDEX)) for part in str(value).split(",")[:8] if part)


def axis_windows(value: Any) -> str:
    """The first shown index along each long axis, such as "dim:8,model:16"."""
    pairs = [part.partition(":") for part in str(value).split(",") if part]
    if len(pairs) > 12 or not all(axis.replace(".", "").isalpha() for axis, _, _ in pairs):
        raise ValueError(value)
    return ",".join(f"{axis}:{integer(start, 0, MAX_INDEX)}" for axis, _, start in pairs)


def continuation(value: Any) -> str:
    """The tokens that a model generated at the end of the text, as `GeneratedTokens` writes them."""
    return str(GeneratedTokens.parse(str(value))) if value else ""


def lesson(value: Any) -> str:
    """An edited worked example, as an address holds it."""
    encoded = str(value)
    if encoded:
        from_address(encoded)
    return encoded


def checksum(value: Any) -> int:
    """A 32-bit number."""
    return integer(value, 0, 2**32 - 1)
