"""The tokens to choose from: a strip of words, or an image with the attention of the chosen query on its patches."""

from __future__ import annotations

import streamlit as st

from attention_core.attention_view import AttentionView
from ui.components.patches import PatchedImage, patches
from ui.components.token_strip import Selection, token_strip
from ui.shared.markdown import escape_markdown
from ui.shared.shown import ShownPart, strip_tokens
from ui.words.sentences import tokenizer_note


def tokenizer_notes(attention: AttentionView) -> None:
    """Notes on what the tokenizer did to the sentence and, in cross-attention, to the target."""
    if attention.config.image:
        return
    trace, source = attention.trace, attention.source
    traces = {"Target: ": trace, "Sentence: ": source} if attention.is_cross else {"": trace}
    with st.container():  # its own container, so the elements below are not redrawn when a note comes or goes
        for label, trace in traces.items():
            if note := tokenizer_note(trace.text, trace.pieces, trace.tokens, trace.tokenizer.special_ids):
                st.caption(escape_markdown(label + note))


def tokens_box(attention: AttentionView, part: ShownPart, tallest: int = 360) -> None:
    """The tokens, to choose query and key: a strip of words, or an image at most `tallest` pixels high."""
    selection = Selection(part.query, part.key, part.plane)
    image, pixels = attention.config.image, attention.trace.inputs.pixels
    if image is None or pixels is None:
        keys = strip_tokens(attention.source, part.keys.positions) if attention.is_cross else None
        queries = strip_tokens(attention.trace, part.queries.positions)
        token_strip(queries, selection, keys, key="strip", on_pick=part.select)
        return
    patched = PatchedImage(
        image.unpatchify(pixels), (image.rows, image.columns), part.pattern[part.plane], part.queries.names
    )
    patches(patched, selection, tallest=tallest, key="patches", on_pick=part.select)
