"""Numbers as people type them, read as they are meant or refused with the reason."""

import math
import re
import unicodedata

from attention_core.errors import AttentionLabError

# Within these limits no step can leave float64's range, up to 8 dimensions and 12 tokens: |x·W| <= 8e12, so
# |q·k| <= 6e26, and at the lowest temperature 2e28. Every number is a multiple of 2^-92, so q·k is 0 or at least
# 2^-368, and a sum of scaled scores, by which "divide by the sum" divides, is 0 or at least 1e-129.
LARGEST = 1e6
SMALLEST = 1e-12
MAX_LENGTH = 40  # characters; a float64 written out in full needs 24

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?")
VULGAR = re.compile(r"([+-]?)([¼-¾⅐-⅞])")
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}(e.*)?")
MINUS_SIGNS = str.maketrans("−–", "--")
NUMBER_EXAMPLES = "Write a number such as 0.5, 1,5, -2, 1e2 or 1/3."


class CellError(AttentionLabError):
    """The text is not a number, is ambiguous, or is a number outside the range that can be computed with."""


def read_number(text: str) -> float:
    """The number that a text stands for: "1,5", "1e2", "1/3", "−2", " 2 ", "½".

    returns: 0, or a number of magnitude 1e-12 to 1e6
    Raises CellError for anything else, which says what is wrong and what is accepted.
    """
    plain = text.strip().translate(MINUS_SIGNS).lower()
    if not plain:
        raise CellError(f"The cell is empty. {NUMBER_EXAMPLES}")
    if len(plain) > MAX_LENGTH:
        raise CellError(f"That is {len(plain)} characters long; write a number in at most {MAX_LENGTH}.")
    if vulgar := VULGAR.fullmatch(plain):
        return math.copysign(unicodedata.numeric(vulgar[2]), -1 if vulgar[1] == "-" else 1)
    numerator, slash, denominator_text = plain.partition("/")
    if not slash:
        return _read_decimal(plain)
    denominator = _read_decimal(denominator_text.strip())
    if denominator == 0:
        raise CellError(f"“{plain}” divides by zero. {NUMBER_EXAMPLES}")
    return check_value(_read_decimal(numerator.strip()) / denominator)


def check_value(value: float) -> float:
    """The same number, with -0 as 0; CellError for NaN and numbers that are too large or too close to 0."""
    if value != value:
        raise CellError(f"“nan” is not a number. {NUMBER_EXAMPLES}")
    if abs(value) > LARGEST:
        raise CellError("The number is too large: the limit is 1,000,000, so that no later step overflows.")
    if 0 < abs(value) < SMALLEST:
        raise CellError("The number is too close to 0: write 0, or a number of magnitude 1e-12 or more.")
    return float(value) + 0.0


def _read_decimal(text: str) -> float:
    if text.lstrip("+-") in {"nan", "inf", "infinity", "∞"}:
        raise CellError(f"“{text}” cannot be used in a computation. {NUMBER_EXAMPLES}")
    if THOUSANDS.fullmatch(text):
        as_decimal, as_thousands = text.replace(",", "."), text.replace(",", "")
        raise CellError(f"“{text}” could mean {as_decimal} or {as_thousands}. Write it without the comma.")
    if text.count(",") > 1 or {",", "."} <= set(text):
        raise CellError(f"“{text}” has more than one separator. Write one decimal point and no thousands separators.")
    decimal = text.replace(",", ".")
    if not NUMBER.fullmatch(decimal):
        raise CellError(f"“{text}” is not a number. {NUMBER_EXAMPLES}")
    value = float(decimal)
    if value == 0 and re.search("[1-9]", decimal.partition("e")[0]):
        value = math.ulp(0)  # float64 would round this to 0 silently
    return check_value(value)
