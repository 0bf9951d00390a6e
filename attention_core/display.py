"""How models and traces are displayed in a session and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from attention_core.config.model_config import ModelConfig
from attention_core.errors import shorten_middle
from attention_core.text.invisible import name_invisible
from attention_core.text.tokenizer import Token

MAX_TOKENS = 200  # shown in a notebook
MAX_NAME = 80  # characters
TOKEN_STYLE = "border:1px solid; border-radius:3px; padding:0 .3em; margin:.1em; display:inline-block; white-space:pre"


def display_name(name: str) -> str:
    """A model's name, shortened if it is a long path."""
    return shorten_middle(name, MAX_NAME)


def count_phrase(count: int, thing: str) -> str:
    """A count with its noun: "1 layer", "6 layers"."""
    return f"{count} {thing}{'s' * (count != 1)}"


def layers_and_heads(config: ModelConfig) -> str:
    """The numbers of layers and heads: "6 layers of 12 heads"."""
    return f"{count_phrase(config.n_layers, 'layer')} of {count_phrase(config.n_heads, 'head')}"


def trace_html(title: str, pieces: Sequence[Token], tokens: Sequence[str], calls: Iterable[tuple[str, str]]) -> str:
    """A trace as HTML: its tokens, escaped since they are untrusted text, and the calls it offers.

    title:  the trace in one line
    pieces, tokens: [position]
    calls:  each call, and a description of its result
    """
    shown = "".join(
        f'<span style="{TOKEN_STYLE}" title="position {i}, id {piece.id}">'
        f"<bdi>{escape(name_invisible(token))}</bdi></span>"
        for i, (piece, token) in enumerate(zip(pieces[:MAX_TOKENS], tokens, strict=False))
    )
    more = f" … {len(pieces) - MAX_TOKENS} more" if len(pieces) > MAX_TOKENS else ""
    rows = "".join(
        f'<tr><td style="text-align:left"><code>trace.{escape(call)}</code></td>'
        f'<td style="text-align:left">{escape(result)}</td></tr>'
        for call, result in calls
    )
    return (
        f"<div><p>{escape(title)}</p><p>{shown}{more}</p>"
        f"<details><summary>Arrays of this trace</summary><table>{rows}</table></details></div>"
    )
