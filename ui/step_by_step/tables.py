"""The tokens, and the experts that each is routed to, as tables (screen readers read them)."""

from __future__ import annotations

from typing import Any

import streamlit as st

import attention_core as ac
from attention_core.config.image import ImageInput
from ui.components import show_invisible
from ui.shared.shown import strip_tokens
from ui.words.sentences import typed_special


def tokens_table(trace: ac.Trace) -> None:
    """A table of the tokens and their ids."""
    typed = typed_special(trace.text, trace.pieces, trace.tokenizer.special_ids)
    st.dataframe(
        {
            "position": list(range(len(trace.pieces))),
            "text": [token.text for token in strip_tokens(trace, list(range(len(trace.pieces))))],
            "token": [*map(show_invisible, trace.tokens)],
            "id": trace.ids,
            "special": [piece.special or i in typed for i, piece in enumerate(trace.pieces)],
        },
        hide_index=True, height="content" if len(trace.pieces) < 20 else 420,
    )  # fmt: skip


def patches_table(trace: ac.Trace, image: ImageInput) -> None:
    """A table of the tokens of an image and the pixels that each covers."""
    high, wide = image.patch_height, image.patch_width
    cells = [divmod(position - 1, image.columns) for position in range(1, len(trace.tokens))]
    st.dataframe(
        {
            "position": list(range(len(trace.tokens))),
            "token": trace.tokens,
            "pixel rows": ["", *(f"{row * high} to {(row + 1) * high - 1}" for row, _ in cells)],
            "pixel columns": ["", *(f"{column * wide} to {(column + 1) * wide - 1}" for _, column in cells)],
            "special": [piece.special for piece in trace.pieces],
        },
        hide_index=True, height=420,
    )  # fmt: skip


def expert_table(trace: ac.Trace, layer: int) -> None:
    """A table of all tokens: the experts that each is routed to, strongest first, and their weights."""
    experts, weights = trace.experts(layer), trace.expert_weights(layer)
    tokens = [*map(show_invisible, trace.tokens)]
    columns: dict[str, list[Any]] = {"position": list(range(len(tokens))), "token": tokens}
    for choice in range(experts.shape[1]):
        columns[f"choice {choice}"] = [int(each) for each in experts[:, choice]]
        columns[f"weight {choice}"] = [float(each) for each in weights[:, choice]]
    st.caption("Experts are numbered from 0. Choice 0 is the strongest. Each output is multiplied by its weight.")
    digits = {name: st.column_config.NumberColumn(format="%.4f") for name in columns if name.startswith("weight")}
    st.dataframe(columns, hide_index=True, height="content" if len(trace.tokens) < 20 else 420, column_config=digits)
