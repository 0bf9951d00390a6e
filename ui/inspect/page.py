"""Inspect: the attention weights in a sentence, as a heatmap, a graph and arithmetic."""

from __future__ import annotations

import weakref

import streamlit as st

import attention_core as ac
from attention_core.attention_view import AttentionView
from ui.components.heatmap import Tokens, heatmap, heatmap_payload
from ui.inspect.arithmetic import arithmetic_section, encoded_arithmetic
from ui.inspect.encoded import ENCODED
from ui.inspect.graph import graph_section
from ui.inspect.next_token import next_token_section
from ui.inspect.saving import save_menu
from ui.shared.controls import chosen_part, get_run_or_stop, input_and_model, pickers, requested_input
from ui.shared.menu import Page
from ui.shared.models import show_errors
from ui.shared.page import open_page
from ui.shared.run_cache import Run
from ui.shared.selection import bound, chosen, put, write_address
from ui.shared.shown import AxisTokens, ShownPart, matching_example
from ui.shared.tokens_box import tokenizer_notes, tokens_box
from ui.words import sentences as words
from ui.words.examples import BY_TEXT
from ui.words.first_pair import first_pair_note


def selection_section(attention: AttentionView, part: ShownPart) -> None:
    """The top of the page: notes, the tokens, and one sentence on the chosen weight."""
    with st.container():  # its own container, so the elements below are not redrawn when a note comes or goes
        if part.note:
            st.info(part.note)
    if attention.config.image is None:
        tokens_box(attention, part)
    tokenizer_notes(attention)
    headline_row(attention, part)
    with st.container():
        if note := first_pair_note(part.kind, attention.is_cross):
            st.html(f'<p class="read">{note}</p>')


def headline_row(attention: AttentionView, part: ShownPart) -> None:
    """One sentence on the chosen weight, a button that swaps a word, and the layer and head."""
    example = matching_example(attention)
    row = part.pattern[part.plane, part.query]
    headline = words.weight_headline(
        part.queries.names, part.keys.names, row, part.query, part.key, example, chosen()["head"] == "mean"
    )
    badge = ' <span class="renorm">renormalized</span>' if part.renormalized else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="say">{headline}{badge}</p>', width="stretch")
        if example and example.swap:
            old, new = example.swap
            swapped = BY_TEXT[example.text.replace(old, new)]
            st.button(f"What if it were too {new}?" if "too" in example.text else f"What if it were {new}?",
                      on_click=show_swapped, args=(swapped.text,))  # fmt: skip
        pickers(attention)
        save_menu(attention, part)


def show_swapped(text: str) -> None:
    """Show a sentence that differs in one word, with the same pair of tokens chosen."""
    put(text=text, q=chosen()["q"], k=chosen()["k"])


def heatmap_section(run: Run, attention: AttentionView, part: ShownPart) -> None:
    """The heatmap, how to read it, and the choice to hide special tokens."""
    st.html('<h2 class="block">Attention weights: which token attends to which</h2>')

    def pick_head(plane: int) -> None:
        put(head=str(plane))

    def axis(tokens: AxisTokens) -> Tokens:
        return Tokens(tokens.names, tokens.special)

    def payload() -> bytes:
        keys = axis(part.keys) if attention.is_cross else None
        return heatmap_payload(part.pattern, axis(part.queries), keys, part.plane_names)

    hidden, average = chosen()["hide"], chosen()["head"] == "mean"
    what = ("heatmap", weakref.ref(run), attention.side, part.layer, average, hidden, part.renormalized)
    heatmap(ENCODED.get(what, payload), part.pattern.shape, key="heatmap", on_pick=part.select, on_head=pick_head)
    hidden = len(part.keys.positions) < len(attention.keys)
    sums = words.row_sum_note(part.rows_sum_to_one, hidden, attention.has_sink)
    query_side, key_side = (" from the target", " from the sentence") if attention.is_cross else ("", "")
    st.html(
        f'<p class="read">Each row is a <span class="q">query</span>{query_side}, each column a '
        f'<span class="k">key</span>{key_side}. {sums}</p>'
    )
    with st.container(horizontal=True):
        bound(st.toggle, "Hide special tokens", "hide")
        if chosen()["hide"]:
            bound(st.toggle, "Renormalize the other weights", "renorm")
    mask = words.mask_note(attention.causal, attention.window(part.layer), len(attention.keys))
    for note in (mask, sink_text(attention, part)):
        if note:
            st.html(f'<p class="read">{note}</p>')


def sink_text(attention: AttentionView, part: ShownPart) -> str | None:
    """A note on the weight that the chosen row gives to a sink, trained or not; None where that is little."""
    if not attention.has_sink:
        row = part.pattern[part.plane, part.query]
        return words.sink_note(part.queries.names, part.keys.names, row, part.query, attention.is_cross)
    heads, average = attention.pattern(part.layer)[:, part.cell[0]], chosen()["head"] == "mean"
    row = heads.mean(axis=0) if average else heads[part.plane]
    return words.trained_sink_note(part.queries.names[part.query], 1 - float(row.sum()), average)


@st.fragment
@show_errors("views")
def inspect(run: Run, run_input: tuple[str, str, str]) -> None:
    """Everything below the sentence: three views of one selection.

    run_input: the sentence, target and generated tokens of the run
    """
    attention, part = chosen_part(run, run_input)
    if part is None:
        st.info("This text has only special tokens, and they are hidden.")
        bound(st.toggle, "Hide special tokens", "hide")
        write_address()
        return
    selection_section(attention, part)
    left, right = st.columns([9, 11], gap="medium")
    # The arithmetic is sent before the views: it is what a click on a cell asks for.
    with right:
        above = st.container()
        arithmetic_section(attention, part, encoded_arithmetic(run, attention, part))
    with left:
        if attention.config.image is not None:
            st.html(f'<h2 class="block">What {words.quoted(part.queries.names[part.query], "q")} attends to</h2>')
            tokens_box(attention, part)
        heatmap_section(run, attention, part)
    with above:
        graph_section(part)
    write_address()


def inspect_page() -> None:
    """The Inspect page."""
    open_page(Page.INSPECT)
    loaded = input_and_model()
    run = get_run_or_stop(loaded)
    inspect(run, requested_input())
    if isinstance(loaded, ac.Model) and isinstance(run, ac.Trace):
        next_token_section(loaded, run)
