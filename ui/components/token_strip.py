"""The token strip component: the sentence as the model reads it, one chip per token, with query and key marked."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from ui.components import chosen_cell, read_assets, show_invisible

_SPECIAL, _JOINED, _UNKNOWN = 1, 2, 4

_mount = st.components.v2.component(
    "attention_token_strip",
    html='<button type="button" class="mode" aria-pressed="false">Tap selects the query</button>'
    '<div class="strip" role="toolbar" aria-label="Tokens"></div>'
    '<div class="strip keys" role="toolbar" hidden></div>',
    css=read_assets("token_strip.css"),
    js=read_assets("selection.js", "theme.js", "token_strip.js"),
)


class StripToken(NamedTuple):
    """One token, as typed and as in the model's vocabulary."""

    text: str
    """The typed text; empty for a token that covers none."""
    piece: str
    """Its name in the vocabulary: "##ing", "[CLS]"."""
    special: bool = False
    joined: bool = False
    """There is no space between it and the token before."""
    unknown: bool = False
    """Not in the vocabulary."""


class Selection(NamedTuple):
    """The query token, the key token, and the shown plane, as indices."""

    query: int
    key: int
    head: int


def strip_data(
    tokens: Sequence[StripToken], selection: Selection, keys: Sequence[StripToken] | None = None
) -> dict[str, Any]:
    """The data for the browser, in columns to keep it small: all of it is sent again when the selection moves."""
    key_row = {"keys": chip_columns(keys)} if keys is not None else {}
    return {**chip_columns(tokens), **key_row, **selection._asdict()}


def chip_columns(tokens: Sequence[StripToken]) -> dict[str, Any]:
    """The data of one row of chips."""
    labels = [show_invisible(token.text or token.piece) for token in tokens]
    pieces = [show_invisible(token.piece) for token in tokens]
    return {
        "labels": labels,
        "pieces": [None if piece == label else piece for label, piece in zip(labels, pieces, strict=True)],
        "flags": [_SPECIAL * token.special | _JOINED * token.joined | _UNKNOWN * token.unknown for token in tokens],
    }


def token_strip(
    tokens: Sequence[StripToken],
    selection: Selection,
    keys: Sequence[StripToken] | None = None,
    *,
    key: str,
    on_pick: Callable[[int, int], None],
) -> None:
    """Draw the tokens; call on_pick(query, key) when one is chosen as query or key.

    The server's selection reaches the page through this component, and the other components follow it.

    keys: the key tokens, in a row of their own; None where they are the query tokens
    """

    def picked() -> None:
        cell = chosen_cell(st.session_state[key].get("pick"), len(tokens), len(tokens if keys is None else keys))
        if cell:
            on_pick(*cell)

    _mount(key=key, data=[strip_data(tokens, selection, keys)], on_pick_change=picked)
