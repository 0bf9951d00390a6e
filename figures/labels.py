"""Tokens as labels: untrusted text, which Plotly must not read as markup, nor XML choke on."""

import html
import unicodedata

LONGEST = 14
CHARACTER = 7.3  # pixels of a 12-pixel monospaced letter, rounded up
_JOINERS = "\u200c\u200d"
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NO_CHARACTERS = "\ufffe\uffff"


def visible(token: str) -> str:
    """The token with its unseen characters spelled out, so that "\\x07" reads "U+0007"; nothing XML forbids is left.

    Joiners stay as they are inside a token, since they hold emoji and words together.
    """
    kept = _JOINERS if token.strip(_JOINERS) else ""
    return "".join(
        f"U+{ord(c):04X}" if c in _NO_CHARACTERS or (unicodedata.category(c) in _UNSEEN and c not in kept) else c
        for c in token
    )


def short(token: str) -> str:
    """At most LONGEST visible characters of a token, its cut marked; a blank one is shown as "␣"."""
    text = visible(token)
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
