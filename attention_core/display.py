"""How a model and a trace show themselves in a session and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from attention_core.config.model_config import ModelConfig
from attention_core.errors import shorten_middle
from attention_core.text.invisible import name_invisible
from attention_core.text.tokenizer import Token

MOST_TOKENS = 200  # that a notebook shows
LONGEST_NAME = 80  # characters
TOKEN = "border:1px solid; border-radius:3px; padding:0 .3em; margin:.1em; display:inline-block; white-space:pre"


def shown_name(name: str) -> str:
    """A model's name, shortened where it is a long folder's."""
    return shorten_middle(name, LONGEST_NAME)


def counted(count: int, thing: str) -> str:
    """A number of things in words: "1 layer", "6 layers"."""
    return f"{count} {thing}{'s' * (count != 1)}"


def layers_and_heads(config: ModelConfig) -> str:
    """How many layers a model has, of how many heads."""
    return f"{counted(config.n_layers, 'layer')} of {counted(config.n_heads, 'head')}"


def trace_html(title: str, pieces: Sequence[Token], tokens: Sequence[str], asked: Iterable[tuple[str, str]]) -> str:
    """A trace as HTML: its tokens, which are untrusted text, and what it can be asked, each with what it gives.

    title:  the trace in one line
    pieces, tokens: [position]
    asked:  a call and what it gives
    """
    shown = "".join(
        f'<span style="{TOKEN}" title="position {i}, id {piece.id}"><bdi>{escape(name_invisible(token))}</bdi></span>'
        for i, (piece, token) in enumerate(zip(pieces[:MOST_TOKENS], tokens, strict=False))
    )
    more = f" … {len(pieces) - MOST_TOKENS} more" if len(pieces) > MOST_TOKENS else ""
    rows = "".join(
        f'<tr><td style="text-align:left"><code>trace.{escape(call)}</code></td>'
        f'<td style="text-align:left">{escape(gives)}</td></tr>'
        for call, gives in asked
    )
    return (
        f"<div><p>{escape(title)}</p><p>{shown}{more}</p>"
        f"<details><summary>What it can be asked</summary><table>{rows}</table></details></div>"
    )
