"""A number as a person types it, read as it is meant or refused with the reason."""

import math
import re
import unicodedata

from attention_core.errors import AttentionLabError

# Within these limits no step can leave float64's range, whatever the numbers are, up to 8 dimensions and 12 tokens:
# |x·W| <= 8e12, so |q·k| <= 6e26, and at the lowest temperature 2e28. Every number is a multiple of 2^-92, so q·k is 0
# or at least 2^-368, and a sum of scaled scores, by which plain normalization divides, is 0 or at least 1e-129.
LARGEST = 1e6
SMALLEST = 1e-12
MAX_LENGTH = 40  # characters; a float64 written out in full needs 24

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?")
VULGAR = re.compile(r"([+-]?)([¼-¾⅐-⅞])")
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}(e.*)?")
MINUS_SIGNS = str.maketrans("−–", "--")
NUMBER_EXAMPLES = "Write a number such as 0.5, 1,5, -2, 1e2 or 1/3."


class CellError(AttentionLabError):
    """What was typed is no number, could be two, or is one that cannot be calculated with safely."""


def read_number(text: str) -> float:
    """The number that a text stands for: "1,5", "1e2", "1/3", "−2", " 2 ", "½".

    returns: 0, or a number from 1e-12 to 1e6 in size
    Raises CellError for anything else, with what is wrong and what would be accepted.
    """
    plain = text.strip().translate(MINUS_SIGNS).lower()
    if not plain:
        raise CellError(f"The cell is empty. {NUMBER_EXAMPLES}")
    if len(plain) > MAX_LENGTH:
        raise CellError(f"That is {len(plain)} characters long; a number here has at most {MAX_LENGTH}.")
    if vulgar := VULGAR.fullmatch(plain):
        return math.copysign(unicodedata.numeric(vulgar[2]), -1 if vulgar[1] == "-" else 1)
    above, slash, below = plain.partition("/")
    if not slash:
        return _read_decimal(plain)
    denominator = _read_decimal(below.strip())
    if denominator == 0:
        raise CellError(f"“{plain}” divides by zero. {NUMBER_EXAMPLES}")
    return check_value(_read_decimal(above.strip()) / denominator)


def check_value(value: float) -> float:
    """The same number, with -0 as 0; CellError when it is not one to calculate with."""
    if value != value:
        raise CellError(f"“nan” stands for no number. {NUMBER_EXAMPLES}")
    if abs(value) > LARGEST:
        raise CellError("The number is too large: the limit is 1,000,000, so that no later step can overflow.")
    if 0 < abs(value) < SMALLEST:
        raise CellError("The number is too near to 0: write 0, or at least 1e-12 in size.")
    return float(value) + 0.0


def _read_decimal(text: str) -> float:
    if text.lstrip("+-") in {"nan", "inf", "infinity", "∞"}:
        raise CellError(f"“{text}” cannot be calculated with. {NUMBER_EXAMPLES}")
    if THOUSANDS.fullmatch(text):
        point, none = text.replace(",", "."), text.replace(",", "")
        raise CellError(f"“{text}” could be {point} or {none}. Which is meant? Write it without the comma.")
    if text.count(",") > 1 or {",", "."} <= set(text):
        raise CellError(f"“{text}” has more than one mark. Write one decimal point and no marks between thousands.")
    decimal = text.replace(",", ".")
    if not NUMBER.fullmatch(decimal):
        raise CellError(f"“{text}” is not a number. {NUMBER_EXAMPLES}")
    value = float(decimal)
    if value == 0 and re.search("[1-9]", decimal.partition("e")[0]):
        value = math.ulp(0)  # float64 would make this 0 without a word
    return check_value(value)
