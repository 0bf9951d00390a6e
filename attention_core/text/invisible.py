"""Characters that are invisible on a page, named by their code points."""

from __future__ import annotations

import re
import unicodedata

INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"  # hold emoji and words together
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810))))
"""Each selects a form of the character before it."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
"""Letters, marks and symbols that are blank, and two code points that are not characters."""
PARTIAL = re.compile(r"\(\d+/\d+\)")  # after a character that is split among several tokens


def name_invisible(text: str) -> str:
    """The text with its invisible characters named: "\\x07" becomes "U+0007".

    A joiner or a variation selector next to a character that it affects is left as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"U+{ord(each):04X}" if is_invisible(text, i) else each for i, each in enumerate(text))


def is_invisible(text: str, position: int) -> bool:
    """Whether the character at a position of the text is invisible there."""
    character = text[position]
    before, after = text[max(position - 1, 0) : position], text[position + 1 : position + 2]
    if character in JOINERS or character in SELECTORS:
        joins = joinable(before) or (character in JOINERS and joinable(after))
        return not joins or bool(PARTIAL.match(text, position + 1))
    return character in BLANK or is_format(character)


def is_format(character: str) -> bool:
    """Whether a character is a control or format character, or a variation selector, and has no glyph."""
    return character in SELECTORS or unicodedata.category(character) in INVISIBLE_CATEGORIES


def joinable(character: str) -> bool:
    """Whether a character, or "", is a letter, a mark, a digit or a symbol."""
    return bool(character) and unicodedata.category(character)[0] in "LMNS"
