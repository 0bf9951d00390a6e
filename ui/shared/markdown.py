"""Untrusted text in Streamlit's messages, which are markdown."""

import re


def escape_markdown(text: str) -> str:
    """A text with every markdown character escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
