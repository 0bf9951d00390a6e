"""The preset that is projected from a head of the model on the chosen sentence."""

from __future__ import annotations

import weakref
from typing import NamedTuple

import numpy as np
import streamlit as st

from attention_core.attention_view import AttentionView
from attention_core.encoder_decoder import EncoderDecoderTrace
from attention_core.errors import InputError
from attention_core.lessons.lesson import Lesson
from attention_core.lessons.projected import ProjectedHead, head_lesson, project_head
from attention_core.trace import Trace
from ui.shared.controls import current_run
from ui.shared.models import get_model, model_cache
from ui.shared.selection import chosen
from ui.shared.shown import chosen_attention, chosen_pair

MOST_WORDS = 12
DIMENSIONS = 3
SELECTED = ("layer", "head", "q", "k")  # of a trace, what a projected head depends on


class SentenceHead(NamedTuple):
    """A head of the model on the chosen sentence, in few dimensions.

    lesson:    the projected head; positions: those of its tokens in the sentence
    tokens:    all tokens of the sentence, including those left out
    weights:   the head's own attention weights: [query, key]
    d_head:    its dimensions
    """

    lesson: Lesson
    projected: ProjectedHead
    positions: list[int]
    tokens: list[str]
    weights: np.ndarray
    d_head: int


def sentence_run() -> Trace | EncoderDecoderTrace:
    """The trace of the chosen sentence or image."""
    name = chosen()["model"]
    # `get_model` makes room for its messages, which would move what the page has drawn since.
    return current_run(model_cache().models.get(name) or get_model(name))


def from_sentence() -> SentenceHead:
    """The chosen head on the chosen sentence in few dimensions.

    Raises InputError for cross-attention: a lesson has one list of words for queries and keys.
    """
    attention = chosen_attention(sentence_run())
    if attention.is_cross:
        raise InputError("A worked example has one text for queries and keys: choose the encoder or the decoder.")
    selected = tuple(chosen()[name] for name in SELECTED)
    stored = st.session_state.get("_sentence_head")
    if not stored or stored[0]() is not attention.trace or stored[1] != selected:
        # Asked for several times in a run of the page.
        stored = weakref.ref(attention.trace), selected, project_sentence(attention)
        st.session_state._sentence_head = stored
    head: SentenceHead = stored[2]
    return head


def project_sentence(attention: AttentionView) -> SentenceHead:
    """The chosen head of an attention, in few dimensions."""
    selection = chosen()
    config, trace = attention.config, attention.trace
    layer = min(selection["layer"], config.n_layers - 1)
    head = 0 if selection["head"] == "mean" else min(int(selection["head"]), config.n_heads - 1)
    positions = strongest_positions(attention, layer, head)
    kv_head = int(trace.gather_indices("kv_head")[1][head])
    last = [stage.name for stage in attention.score_stages(layer)] or ["product"]
    scores, mask = trace.array(last[-1], layer)[head][np.ix_(positions, positions)], attention.mask(layer)
    projected = project_head(scores, trace.v(layer)[kv_head][positions], DIMENSIONS)
    allowed = None if mask is None else mask[np.ix_(positions, positions)]
    lesson = head_lesson(tuple(trace.tokens[i] for i in positions), projected, allowed)
    return SentenceHead(lesson, projected, positions, trace.tokens, attention.pattern(layer)[head], config.d_head)


def strongest_positions(attention: AttentionView, layer: int, head: int) -> list[int]:
    """The positions with the largest weights for the chosen query, in the order of the text; at most MOST_WORDS."""
    pieces = attention.queries
    positions = list(range(len(pieces)))
    pattern = attention.pattern(layer)[head]
    query, key, _ = chosen_pair(attention, pattern, positions, positions)
    order = sorted(positions, key=lambda i: (i not in (query, key), pieces[i].special, -float(pattern[query, i])))
    return sorted(np.array(order[:MOST_WORDS]).tolist())
