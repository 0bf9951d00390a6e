"""Tokens as labels: untrusted text, which Plotly must not read as markup, nor XML choke on."""

import html
import unicodedata

from attention_core.text.invisible import name_invisible

LONGEST = 14
CHARACTER = 7.3  # pixels of a 12-pixel monospaced letter, rounded up


def short(token: str) -> str:
    """At most LONGEST visible characters of a token, its cut marked; a blank one is shown as "␣"."""
    text = name_invisible(token)
    if not text.strip():
        return "␣" * max(min(len(text), LONGEST), 1)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def isolated(text: str) -> str:
    """The text, kept from turning around what stands beside it when it is written from right to left."""
    turns = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)
    return f"\u2068{text}\u2069" if turns else text


def inert(text: str) -> str:
    """The text in Plotly's markup: no tag, no entity, and no formula between dollar signs."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def pair(query: str, key: str, weight: float) -> str:
    """One weight in words: "it → animal 0.68"; both names are isolated already."""
    return f"{query} → {key} {weight:.2f}"


def digits(weight: float) -> str:
    """A weight in a cell: ".68", "1", or nothing when it is below 0.05, so that what matters stands out."""
    text = f"{weight:.2f}"
    return "" if text < "0.05" else "1" if text == "1.00" else text[1:]


def width(text: str) -> float:
    """About how many pixels wide the text is in 12-pixel monospaced letters; wide scripts and emoji count twice."""
    seen = [c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf")]
    return CHARACTER * (len(seen) + sum(unicodedata.east_asian_width(c) in "WF" for c in seen))
