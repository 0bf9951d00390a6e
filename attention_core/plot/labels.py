"""Token labels: untrusted text, which must not break Plotly's markup or XML."""

import html
import unicodedata

from attention_core.text.invisible import name_invisible

MAX_LABEL = 14
CHARACTER_WIDTH = 7.3  # pixels, of a 12-pixel monospaced letter, rounded up


def short_label(token: str) -> str:
    """At most MAX_LABEL visible characters of a token, with "…" where it is cut; "␣" for a blank token."""
    text = name_invisible(token)
    if not text.strip():
        return "␣" * max(min(len(text), MAX_LABEL), 1)
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def bidi_isolated(text: str) -> str:
    """The text, isolated if it is written from right to left, so it does not reorder its surroundings."""
    right_to_left = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)
    return f"\u2068{text}\u2069" if right_to_left else text


def escape_plotly(text: str) -> str:
    """The text escaped for Plotly's markup: no tags, no entities, no formulas between dollar signs."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def edge_text(query: str, key: str, weight: float) -> str:
    """One weight as text: "it → animal 0.68"; both labels are already isolated."""
    return f"{query} → {key} {weight:.2f}"


def weight_digits(weight: float) -> str:
    """A weight in a cell: ".68", "1", or nothing below 0.05, so large weights stand out."""
    text = f"{weight:.2f}"
    return "" if text < "0.05" else "1" if text == "1.00" else text[1:]


def text_width(text: str) -> float:
    """The approximate width in pixels of a text in 12-pixel monospaced letters; wide characters count twice."""
    visible = [c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf")]
    return CHARACTER_WIDTH * (len(visible) + sum(unicodedata.east_asian_width(c) in "WF" for c in visible))
