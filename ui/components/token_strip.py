"""The sentence as the model reads it: one chip a token, with the one that asks and the one that answers."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from ui.components import chosen_cell, source, visible

_SPECIAL, _JOINED, _UNKNOWN = 1, 2, 4

_mount = st.components.v2.component(
    "attention_token_strip",
    html='<button type="button" class="mode" aria-pressed="false">Tap chooses who asks</button>'
    '<div class="strip" role="toolbar" aria-label="Tokens"></div>'
    '<div class="strip answering" role="toolbar" hidden></div>',
    css=source("token_strip.css"),
    js=source("selection.js", "theme.js", "token_strip.js"),
)


class StripToken(NamedTuple):
    """One token, as typed and as the model has it."""

    text: str
    """The text as it was typed; empty where the token stands for none of it."""
    piece: str
    """The model's own name for it: "##ing", "[CLS]"."""
    special: bool = False
    joined: bool = False
    """No space stands between it and the token before."""
    unknown: bool = False
    """The tokenizer could not place it."""


class Selection(NamedTuple):
    """The token that asks, the token that answers, and the index of the plane that is shown."""

    query: int
    key: int
    head: int


def strip_data(
    tokens: Sequence[StripToken], selection: Selection, keys: Sequence[StripToken] | None = None
) -> dict[str, Any]:
    """What the strip needs, in columns, since all of it is sent again when the selection moves."""
    answering = {"keys": columns(keys)} if keys is not None else {}
    return {**columns(tokens), **answering, **selection._asdict()}


def columns(tokens: Sequence[StripToken]) -> dict[str, Any]:
    """The chips of one row."""
    labels = [visible(token.text or token.piece) for token in tokens]
    pieces = [visible(token.piece) for token in tokens]
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
    """Draw the tokens; call on_pick(query, key) when one is chosen to ask or to answer.

    What the server holds as the selection reaches the page through here, and the other components listen to it.

    keys: the tokens that answer, where others do than ask: they stand in a row of their own
    """

    def picked() -> None:
        cell = chosen_cell(st.session_state[key].get("pick"), len(tokens), len(tokens if keys is None else keys))
        if cell:
            on_pick(*cell)

    _mount(key=key, data=[strip_data(tokens, selection, keys)], on_pick_change=picked)
