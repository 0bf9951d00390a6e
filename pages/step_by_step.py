"""Step by step: one sentence through one layer, in eleven steps."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.explain import open_term
from attention_core.trace import KeepingTrace
from components.grid import grid
from components.picture import picture
from components.token_strip import Selection, token_strip
from ui import experts
from ui.arithmetic import where
from ui.controls import get_trace_or_stop, pickers, sentence_box
from ui.flow import flow_drawing, heads_drawing, one_head_drawing
from ui.grids import View, grids
from ui.inspect import Shown, shown_part, strip_tokens
from ui.models import get_model
from ui.opened import show_making
from ui.page import open_page, theme_name
from ui.selection import bound, chosen, put, write_address
from ui.steps import STEPS, Look, Step
from ui.windows import moved, starts

HEADS_AT_ONCE = 3
STANDS_IN = {"mask": ("score", "product"), "scale": ("product",), "residual": ("resid_post",)}
DRAWINGS = {"one": "one head", "heads": "all heads"}
KINDS = {"q": "Queries", "k": "Keys", "v": "Values"}


def walk(model: ac.Model, trace: ac.Trace, place: int, layer: int, head: int | None) -> None:
    """Where we are, the way on and back, and what is drawn."""
    step = STEPS[place - 1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("‹ Back", disabled=place == 1, on_click=put, kwargs={"step": place - 1, "open": ""})
        st.button("Next ›", disabled=place == len(STEPS), type="primary", on_click=put,
                  kwargs={"step": place + 1, "open": ""})  # fmt: skip
        st.html(f'<h2 class="step">{place} of {len(STEPS)} · {step.title}</h2>', width="stretch")
        bound(st.segmented_control, "Drawing", "drawing", options=list(DRAWINGS), required=True,
              format_func=DRAWINGS.__getitem__, label_visibility="collapsed")  # fmt: skip
        pickers(model, every="All heads")
        save_drawings(trace, layer, head)


def save_drawings(trace: ac.Trace, layer: int, head: int | None) -> None:
    """Both drawings, to be taken away."""
    with st.popover("Save"):
        picture("Self-attention", "self-attention", lambda: one_head_drawing(trace, None, theme_name()), key="save_one")
        picture("Multi-head attention", "multi-head-attention",
                lambda: heads_drawing(trace, layer, head, None, theme_name()), key="save_heads")  # fmt: skip


def tokens_table(trace: ac.Trace) -> None:
    """The tokens with their numbers, as a table that any reader can read."""
    st.dataframe(
        {
            "position": list(range(len(trace.pieces))),
            "text": [trace.text[piece.start : piece.end] for piece in trace.pieces],
            "token": trace.tokens,
            "id": trace.ids,
            "special": [piece.special for piece in trace.pieces],
        },
        hide_index=True, height="content" if len(trace.pieces) < 20 else 420,
    )  # fmt: skip


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


def matrices(trace: ac.Trace, part: Shown, step: Step, head: int | None) -> None:
    """The step's matrices as grids, and what a cell of them opens."""
    heads = shown_heads(head, trace.model.config.n_heads)
    makes = [name for name in step.makes if trace.has(name, part.layer)]
    if step.name == "project":
        bound(st.segmented_control, "Which", "kind", options=list(KINDS), required=True,
              format_func=KINDS.__getitem__, label_visibility="collapsed")  # fmt: skip
        makes = [chosen()["kind"]]
    if not makes:  # a step that this model does not take, or takes together with another
        makes = [name for name in STANDS_IN[step.name] if trace.has(name, part.layer)][:1]
    if len(heads) > 1 and any("head" in trace.stage(name, part.layer).axes for name in makes):
        head_pager(heads, trace.model.config.n_heads)
    else:
        heads = heads[:1]
    made = grids(View(trace, part.layer, heads, trace.tokens, starts()), makes)

    def pick(name: str, row: int, column: int) -> None:
        put(open=str(made.address[name](row, column)))

    st.html("".join(f'<p class="equation">{trace.stage(name, part.layer).equation}</p>' for name in makes))
    grid(made.matrices, made.sources, made.products, key="grid", on_pick=pick, on_window=moved,
         dark=theme_name() == "dark")  # fmt: skip
    if chosen()["open"]:
        show_making(chosen()["open"], lambda trail: put(open=trail), make=lambda at: open_term(trace, at),
                    where=lambda at: where(trace, at))  # fmt: skip
    elif makes:
        st.caption("Point at a cell to see what it is made from; click it to open its making.")


@st.fragment
def steps(model: ac.Model, trace: ac.Trace) -> None:
    """The drawing, the walk, and the step at hand."""
    if chosen()["text"] != trace.text:
        st.rerun()
    trace = KeepingTrace.of(trace)
    part = shown_part(trace)
    if part is None:
        return
    place = chosen()["step"]
    step = STEPS[place - 1]
    head = None if chosen()["head"] == "mean" else int(chosen()["head"])
    query, key = part.places[part.query], part.places[part.key]
    flow_drawing(trace, part.layer, head, place, chosen()["drawing"] == "heads")
    walk(model, trace, place, part.layer, head)
    st.html(f'<p class="say">{step.says}</p><p class="look">{step.look(Look(trace, part.layer, head, query, key))}</p>')
    token_strip(strip_tokens(trace, part.places), Selection(part.query, part.key, part.plane), key="strip",
                on_pick=part.put)  # fmt: skip
    if step.name == "tokens":
        tokens_table(trace)
    elif step.name != "text":
        matrices(trace, part, step, head)
    if step.name == "residual" and experts.there(trace, part.layer):
        st.html('<h2 class="block">Which experts each token goes to next</h2>')
        experts.every_token(trace, part.layer)
    write_address()


open_page("Step by step")
sentence_box()
try:
    loaded = get_model(chosen()["model"])
except ac.AttentionLabError as problem:
    st.error(str(problem))
    st.stop()
steps(loaded, get_trace_or_stop(loaded, chosen()["text"]))
