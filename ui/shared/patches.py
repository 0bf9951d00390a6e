"""The image as a model reads it, with the attention of the chosen query laid on its patches."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.attention_view import Attention
from attention_core.config.image import ImageInput
from ui.components.patches import Patched, patches
from ui.components.token_strip import Selection, token_strip
from ui.shared.shown import Shown, strip_tokens


def tokens_box(attention: Attention, part: Shown, tallest: int = 360) -> None:
    """The tokens, to choose who asks and who answers: a strip of words, or an image, `tallest` pixels high at most."""
    selection = Selection(part.query, part.key, part.plane)
    image, pixels = attention.config.image, attention.trace.inputs.pixels
    if image is None or pixels is None:
        answering = strip_tokens(attention.source, part.keys.places) if attention.crosses else None
        asking = strip_tokens(attention.trace, part.queries.places)
        token_strip(asking, selection, answering, key="strip", on_pick=part.put)
        return
    made = Patched(image.joined(pixels), (image.rows, image.columns), part.pattern[part.plane], part.queries.names)
    patches(made, selection, tallest=tallest, key="patches", on_pick=part.put)


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
