"""Words from outside in Streamlit's messages, which are markdown."""

import re


def plain(text: str) -> str:
    """A text in which markdown finds nothing to act on."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
