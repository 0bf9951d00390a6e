"""Characters that leave no mark of their own on a page, named by their code points."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"  # hold emoji and words together
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810))))
"""They choose a form of the character before them."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
"""Letters, marks and signs that are blank, and what is no character at all."""
PART = re.compile(r"\(\d+/\d+\)")  # of a character that stands in several tokens


def named(text: str) -> str:
    """The text with its unseen characters named, so that "\\x07" reads "U+0007".

    What joins or changes the characters beside it stays as it is beside one.
    """
    return "".join(f"U+{ord(each):04X}" if is_unseen(text, i) else each for i, each in enumerate(text))


def is_unseen(text: str, place: int) -> bool:
    """Whether nothing shows that the character at a place is there."""
    each = text[place]
    before, after = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if each in JOINERS or each in SELECTORS:
        joins = joinable(before) or (each in JOINERS and joinable(after))
        return not joins or bool(PART.match(text, place + 1))
    return each in BLANK or is_format(each)


def is_format(each: str) -> bool:
    """Whether a character steers how others are written, or a machine, and has no form of its own."""
    return each in SELECTORS or unicodedata.category(each) in UNSEEN


def joinable(each: str) -> bool:
    """Whether a character, or none, is a letter, a mark, a digit or a symbol."""
    return bool(each) and unicodedata.category(each)[0] in "LMNS"
