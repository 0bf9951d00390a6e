"""The tokens, and which experts each goes to, as tables that any reader can read."""

from __future__ import annotations

from typing import Any

import streamlit as st

import attention_core as ac
from attention_core.config.image import ImageInput
from ui.components import show_invisible


def tokens_table(trace: ac.Trace) -> None:
    """The tokens with their numbers, as a table that any reader can read."""
    st.dataframe(
        {
            "position": list(range(len(trace.pieces))),
            "text": [trace.text[piece.start : piece.end] for piece in trace.pieces],
            "token": [*map(show_invisible, trace.tokens)],
            "id": trace.ids,
            "special": [piece.special for piece in trace.pieces],
        },
        hide_index=True, height="content" if len(trace.pieces) < 20 else 420,
    )  # fmt: skip


def patches_table(trace: ac.Trace, image: ImageInput) -> None:
    """The tokens of an image with the pixels that each is made from, as a table that any reader can read."""
    high, wide = image.patch_height, image.patch_width
    places = [divmod(position - 1, image.columns) for position in range(1, len(trace.tokens))]
    st.dataframe(
        {
            "position": list(range(len(trace.tokens))),
            "token": trace.tokens,
            "rows of pixels": ["", *(f"{row * high} to {(row + 1) * high - 1}" for row, _ in places)],
            "columns of pixels": ["", *(f"{column * wide} to {(column + 1) * wide - 1}" for _, column in places)],
            "special": [piece.special for piece in trace.pieces],
        },
        hide_index=True, height=420,
    )  # fmt: skip


def expert_table(trace: ac.Trace, layer: int) -> None:
    """A table of all tokens: their experts, the strongest first, and by how much the output of each is multiplied."""
    experts, weights = trace.experts(layer), trace.expert_weights(layer)
    tokens = [*map(show_invisible, trace.tokens)]
    columns: dict[str, list[Any]] = {"position": list(range(len(tokens))), "token": tokens}
    for choice in range(experts.shape[1]):
        columns[f"choice {choice}"] = [int(each) for each in experts[:, choice]]
        columns[f"weight {choice}"] = [float(each) for each in weights[:, choice]]
    st.caption("Experts are counted from 0. Choice 0 is the strongest; what it makes is multiplied by weight 0.")
    digits = {name: st.column_config.NumberColumn(format="%.4f") for name in columns if name.startswith("weight")}
    st.dataframe(columns, hide_index=True, height="content" if len(trace.tokens) < 20 else 420, column_config=digits)
