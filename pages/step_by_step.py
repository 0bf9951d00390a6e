"""Step by step: one sentence, or one image, through one layer, in eleven steps."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.attention_view import AttentionView
from attention_core.explain import open_term
from ui.arithmetic.opened import show_making
from ui.components.grid import grid
from ui.components.picture import picture
from ui.matrices.grids import grids
from ui.matrices.matrix import View
from ui.matrices.windows import moved, starts
from ui.shared.controls import chosen_part, get_run_or_stop, input_and_model, pickers, requested_input
from ui.shared.menu import Page
from ui.shared.models import show_errors
from ui.shared.page import open_page, theme_name
from ui.shared.selection import bound, chosen, put, write_address
from ui.shared.tokens_box import tokens_box
from ui.shared.trail import Trail
from ui.step_by_step.flow import flow_drawing, heads_drawing, one_head_drawing
from ui.step_by_step.image_steps import IMAGE_STEPS
from ui.step_by_step.look import Look
from ui.step_by_step.steps import STEPS, Step, makes, says, title
from ui.step_by_step.tables import expert_table, patches_table, tokens_table
from ui.words import experts
from ui.words.addresses import describe_address
from ui.words.sentences import mask_note

HEADS_AT_ONCE = 3
IMAGE_HEIGHT = 200  # pixels; beside it stand matrices, which are what this page is about
DRAWINGS = {"one": "one head", "heads": "all heads"}
KINDS = {"q": "Queries", "k": "Keys", "v": "Values"}


def walk(attention: AttentionView, place: int, layer: int, head: int | None) -> None:
    """Where we are, the way on and back, and what is drawn."""
    step = steps_of(attention)[place - 1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("‹ Back", disabled=place == 1, on_click=put, kwargs={"step": place - 1})
        st.button("Next ›", disabled=place == len(STEPS), type="primary", on_click=put,
                  kwargs={"step": place + 1})  # fmt: skip
        st.html(f'<h2 class="step">{place} of {len(STEPS)} · {title(step, attention, layer)}</h2>', width="stretch")
        bound(st.segmented_control, "Drawing", "drawing", options=list(DRAWINGS), required=True,
              format_func=DRAWINGS.__getitem__, label_visibility="collapsed")  # fmt: skip
        pickers(attention, every="All heads")
        save_drawings(attention, layer, head)


def steps_of(attention: AttentionView) -> tuple[Step, ...]:
    """The steps from what the model reads, a text or an image."""
    return IMAGE_STEPS if attention.config.image else STEPS


def save_drawings(attention: AttentionView, layer: int, head: int | None) -> None:
    """Both drawings, to be taken away."""
    kind = "Cross" if attention.crosses else "Self"
    with st.popover("Save"):
        picture(f"{kind}-attention", f"{kind.lower()}-attention",
                lambda: one_head_drawing(attention, layer, None, theme_name()), key="save_one")  # fmt: skip
        picture("Multi-head attention", "multi-head-attention",
                lambda: heads_drawing(attention, layer, head, None, theme_name()), key="save_heads")  # fmt: skip


def shown_heads(head: int | None, n_heads: int) -> tuple[int, ...]:
    """The chosen head, or of all heads as many as are shown at once."""
    if head is not None:
        return (head,)
    first = min(starts().get("head", 0), n_heads - 1) // HEADS_AT_ONCE * HEADS_AT_ONCE
    return tuple(range(first, min(first + HEADS_AT_ONCE, n_heads)))


def head_pager(heads: tuple[int, ...], n_heads: int) -> None:
    """Which of all heads are shown, and the way to the others."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("‹ Heads before", disabled=heads[0] == 0, on_click=moved, args=("head", heads[0] - HEADS_AT_ONCE))
        st.caption(f"Heads {heads[0]} to {heads[-1]} of {n_heads}", width="content")
        st.button("Heads after ›", disabled=heads[-1] == n_heads - 1, on_click=moved, args=("head", heads[-1] + 1))


def matrices(attention: AttentionView, layer: int, step: Step, head: int | None) -> None:
    """The step's matrices as grids, and what a cell of them opens."""
    trace, names = attention.trace, makes(step, attention, layer, chosen()["kind"])
    heads = shown_heads(head, attention.config.n_heads)
    if step.name == "project":
        bound(st.segmented_control, "Which", "kind", options=list(KINDS), required=True,
              format_func=KINDS.__getitem__, label_visibility="collapsed")  # fmt: skip
    if len(heads) > 1 and any({"head", "kv_head"} & {*trace.stage(name, layer).axes} for name in names):
        head_pager(heads, attention.config.n_heads)
    else:
        heads = heads[:1]
    answering = attention.source.tokens if attention.crosses else None
    made = grids(View(trace, layer, heads, trace.tokens, starts(), key_tokens=answering), names)

    def pick(name: str, row: int, column: int) -> None:
        put(open=Trail((made.address[name](row, column),)))

    st.html("".join(f'<p class="equation">{trace.stage(name, layer).equation}</p>' for name in names))
    grid(made.matrices, made.sources, made.products, key="grid", on_pick=pick, on_window=moved)
    if chosen()["open"]:
        show_making("open", make=lambda at: open_term(trace, at), where=lambda at: describe_address(trace, at))
    elif names:
        st.caption("Point at a cell to see what it is made from; click it to open its making.")


@st.fragment
@show_errors("steps")
def steps(run: ac.Trace | ac.EncoderDecoderTrace, made_for: tuple[str, str, str]) -> None:
    """The drawing, the walk, and the step at hand.

    made_for: the sentence and all else that the run is over
    """
    attention, part = chosen_part(run, made_for)
    if part is None:
        return
    place, layer = chosen()["step"], part.layer
    step = steps_of(attention)[place - 1]
    head = None if chosen()["head"] == "mean" else int(chosen()["head"])
    if part.note:
        st.info(part.note)
    flow_drawing(attention, layer, head, place, chosen()["drawing"] == "heads")
    walk(attention, place, layer, head)
    look = step.look(Look(attention, layer, head, *part.cell))
    st.html(f'<p class="say">{says(step, attention, layer)}</p><p class="look">{look}</p>')
    note = mask_note(attention.causal, attention.window(layer), len(attention.keys))
    if step.name == "mask" and note:
        st.html(f'<p class="read">{note}</p>')
    tokens_box(attention, part, IMAGE_HEIGHT)
    if step.name == "tokens" and attention.config.image:
        patches_table(attention.trace, attention.config.image)
    elif step.name == "tokens":
        for each in [attention.trace, attention.source] if attention.crosses else [attention.trace]:
            tokens_table(each)
    elif step.name != "text":
        matrices(attention, layer, step, head)
    if step.name == "residual" and experts.has_experts(attention.trace, layer):
        st.html('<h2 class="block">Which experts each token goes to next</h2>')
        expert_table(attention.trace, layer)
    write_address()


open_page(Page.STEP_BY_STEP)
steps(get_run_or_stop(input_and_model()), requested_input())
