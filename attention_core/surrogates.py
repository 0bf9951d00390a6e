"""Lone surrogates: JSON and file names can have them, but they are not characters, and no file or page can.

Text from outside is freed of them where it enters: a model's input, the words of a lesson, a message about a file.
"""

import re

REPLACEMENT = "\ufffd"
SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD; the length stays the same."""
    return SURROGATE.sub(REPLACEMENT, text)
