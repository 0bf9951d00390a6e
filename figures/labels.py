"""Tokens as labels: untrusted text, which Plotly must not read as markup, nor XML choke on."""

import html
import re

LONGEST = 14
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(token: str) -> str:
    """A token without the characters that no XML may hold, each replaced by U+FFFD."""
    return FORBIDDEN.sub("\ufffd", token)


def short(token: str, longest: int = LONGEST) -> str:
    """A token of at most `longest` characters, its cut marked."""
    text = clean(token)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def label(token: str) -> str:
    """A short token in which Plotly finds no markup."""
    return html.escape(short(token), quote=False)


def edge_words(tokens: list[str], query: int, key: int, weight: float) -> str:
    """What is said of one weight, with nothing in it that Plotly reads as markup: "it → animal 0.68"."""
    return f"{label(tokens[query])} → {label(tokens[key])} {weight:.2f}"
