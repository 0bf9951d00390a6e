"""Step by step: a sentence or an image through one layer, in eleven steps."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.attention_view import AttentionView
from attention_core.explain import open_term
from ui.arithmetic.derivation import show_derivation
from ui.components.grid import grid
from ui.components.picture import picture
from ui.matrices.grids import build_grids
from ui.matrices.matrix import View
from ui.matrices.windows import move_window, window_starts
from ui.shared.controls import chosen_part, get_run_or_stop, input_and_model, pickers, requested_input
from ui.shared.menu import Page
from ui.shared.models import show_errors
from ui.shared.page import open_page, theme_name
from ui.shared.selection import bound, chosen, put, write_address
from ui.shared.tokens_box import tokenizer_notes, tokens_box
from ui.shared.trail import Trail
from ui.step_by_step.flow import flow_drawing, heads_drawing, one_head_drawing
from ui.step_by_step.focus import Focus
from ui.step_by_step.image_steps import IMAGE_STEPS
from ui.step_by_step.steps import STEPS, AttentionStep, step_description, step_quantities, step_title
from ui.step_by_step.tables import expert_table, patches_table, tokens_table
from ui.words import experts
from ui.words.addresses import describe_address
from ui.words.sentences import mask_note
from ui.words.short_names import name_trail

HEADS_AT_ONCE = 3
IMAGE_HEIGHT = 200  # pixels; this page is about the matrices below it
DRAWINGS = {"one": "Steps", "heads": "Heads side by side"}
PROJECTED = {"q": "Queries", "k": "Keys", "v": "Values"}


def step_controls(attention: AttentionView, number: int, layer: int, head: int | None) -> None:
    """The step's number and title, Back and Next, the drawing, the layer and the head."""
    title = step_title(steps_of(attention)[number - 1], attention, layer)
    st.html(f'<h2 class="step">{number} of {len(STEPS)} · {title}</h2>')
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("‹ Back", disabled=number == 1, on_click=put, kwargs={"step": number - 1})
        st.button("Next ›", disabled=number == len(STEPS), type="primary", on_click=put,
                  kwargs={"step": number + 1})  # fmt: skip
        bound(st.segmented_control, "Drawing", "drawing", options=list(DRAWINGS), required=True,
              format_func=DRAWINGS.__getitem__, label_visibility="collapsed")  # fmt: skip
        pickers(attention, every="All heads")
        save_drawings(attention, layer, head)


def steps_of(attention: AttentionView) -> tuple[AttentionStep, ...]:
    """The steps, starting from a text or an image."""
    return IMAGE_STEPS if attention.config.image else STEPS


def save_drawings(attention: AttentionView, layer: int, head: int | None) -> None:
    """Save either drawing as a file; the buttons are drawn when the menu is open."""
    menu = st.popover("Save", key="save", on_change="rerun")
    if not menu.open:
        return
    kind = "Cross" if attention.is_cross else "Self"
    with menu:
        picture(f"{kind}-attention", f"{kind.lower()}-attention",
                lambda: one_head_drawing(attention, layer, None, theme_name()), key="save_one")  # fmt: skip
        picture("Multi-head attention", "multi-head-attention",
                lambda: heads_drawing(attention, layer, head, None, theme_name()), key="save_heads")  # fmt: skip


def shown_heads(head: int | None, n_heads: int) -> tuple[int, ...]:
    """The chosen head, or the heads of the current page of HEADS_AT_ONCE."""
    if head is not None:
        return (head,)
    first = min(window_starts().get("head", 0), n_heads - 1) // HEADS_AT_ONCE * HEADS_AT_ONCE
    return tuple(range(first, min(first + HEADS_AT_ONCE, n_heads)))


def head_pager(heads: tuple[int, ...], n_heads: int) -> None:
    """The heads that are shown, and buttons for the previous and next ones."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("‹ Previous heads", disabled=heads[0] == 0, on_click=move_window,
                  args=("head", heads[0] - HEADS_AT_ONCE))  # fmt: skip
        st.caption(f"Heads {heads[0]} to {heads[-1]} of {n_heads}", width="content")
        st.button("Next heads ›", disabled=heads[-1] == n_heads - 1, on_click=move_window, args=("head", heads[-1] + 1))


def step_matrices(attention: AttentionView, layer: int, step: AttentionStep, head: int | None) -> None:
    """The matrices of a step, and the derivation that a click on a cell opens."""
    trace, names = attention.trace, step_quantities(step, attention, layer, chosen()["kind"])
    heads = shown_heads(head, attention.config.n_heads)
    if step.name == "project":
        bound(st.segmented_control, "Projection", "kind", options=list(PROJECTED), required=True,
              format_func=PROJECTED.__getitem__, label_visibility="collapsed")  # fmt: skip
    if len(heads) > 1 and any({"head", "kv_head"} & {*trace.stage(name, layer).axes} for name in names):
        head_pager(heads, attention.config.n_heads)
    else:
        heads = heads[:1]
    key_tokens = attention.source.tokens if attention.is_cross else None
    grids = build_grids(View(trace, layer, heads, trace.tokens, window_starts(), key_tokens=key_tokens), names)

    def pick(name: str, row: int, column: int) -> None:
        put(open=Trail((grids.address[name](row, column),)))

    st.html("".join(f'<p class="equation">{trace.stage(name, layer).equation}</p>' for name in names))
    grid(grids.matrices, grids.sources, grids.products, key="grid", on_pick=pick, on_window=move_window)
    if chosen()["open"]:
        scope = {"layer": layer} if head is None else {"layer": layer, "head": head}
        show_derivation(
            "open", make=lambda at: open_term(trace, at), where=lambda at: describe_address(trace, at),
            names=lambda addresses: name_trail(trace, addresses, **scope),
        )  # fmt: skip


def step_content(attention: AttentionView, layer: int, step: AttentionStep, head: int | None) -> None:
    """The tables or matrices of a step; the first step has none."""
    if step.name == "tokens" and attention.config.image:
        patches_table(attention.trace, attention.config.image)
    elif step.name == "tokens":
        tokenizer_notes(attention)
        for each in [attention.trace, attention.source] if attention.is_cross else [attention.trace]:
            tokens_table(each)
    elif step.name != "text":
        step_matrices(attention, layer, step, head)
    if step.name == "residual" and experts.has_experts(attention.trace, layer):
        st.html('<h2 class="block">Which experts each token is routed to next</h2>')
        expert_table(attention.trace, layer)


@st.fragment
@show_errors("steps")
def show_step(run: ac.Trace | ac.EncoderDecoderTrace, traced_texts: tuple[str, str, str]) -> None:
    """The drawing, the controls and the current step.

    traced_texts: the sentence, the target and the written tokens that the run was computed for
    """
    attention, part = chosen_part(run, traced_texts)
    if part is None:
        return
    number, layer = chosen()["step"], part.layer
    step = steps_of(attention)[number - 1]
    head = None if chosen()["head"] == "mean" else int(chosen()["head"])
    if part.note:
        st.info(part.note)
    flow_drawing(attention, layer, head, number, chosen()["drawing"] == "heads")
    explained, shown = st.columns([1, 3], gap="medium")
    with explained:
        step_controls(attention, number, layer, head)
        observation = step.observe(Focus(attention, layer, head, *part.cell))
        st.html(f'<p class="say">{step_description(step, attention, layer)}</p><p class="look">{observation}</p>')
        note = mask_note(attention.causal, attention.window(layer), len(attention.keys))
        if step.name == "mask" and note:
            st.html(f'<p class="read">{note}</p>')
    with shown if step.name == "text" else explained:
        tokens_box(attention, part, IMAGE_HEIGHT)
    with shown:
        step_content(attention, layer, step, head)
    write_address()


open_page(Page.STEP_BY_STEP)
show_step(get_run_or_stop(input_and_model()), requested_input())
