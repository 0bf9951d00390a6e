"""Inspect: a sentence, and who looks at whom in it, as heatmap, graph and arithmetic."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.attention_view import AttentionView
from attention_core.plot.graph import alt_text, attention_graph, clicked, graph_info
from ui.arithmetic.attention_weight import weight_arithmetic
from ui.arithmetic.derivation import show_arithmetic
from ui.components.arithmetic import Arithmetic
from ui.components.heatmap import Tokens, heatmap
from ui.inspect.next_token import what_comes_next
from ui.inspect.saving import graph_choices, save_menu
from ui.shared.controls import asked, chosen_part, get_run_or_stop, input_and_model, pickers
from ui.shared.menu import Page
from ui.shared.models import or_said
from ui.shared.page import open_page, theme_name
from ui.shared.selection import bound, chosen, put, write_address
from ui.shared.shown import Along, Shown, example_of
from ui.shared.tokens_box import tokens_box
from ui.words import sentences as words
from ui.words.examples import BY_TEXT


def what_is_chosen(attention: AttentionView, part: Shown) -> None:
    """What stands over the views: notes, the tokens, and one sentence on the chosen weight."""
    with st.container():  # a place of its own, so that what stands below keeps its own when a note comes or goes
        if part.note:
            st.info(part.note)
    if attention.config.image is None:
        tokens_box(attention, part)
    with st.container():
        if note := words.unplaced(attention.source.text, attention.keys, attention.key_names):
            st.caption(note.replace("[", "\\["))
    headline(attention, part)


def headline(attention: AttentionView, part: Shown) -> None:
    """One sentence that says what to see, and a swap of one word."""
    say, swap, pick = st.columns([6, 3, 5], vertical_alignment="center")
    example = example_of(attention)
    row = part.pattern[part.plane, part.query]
    told = words.headline(part.queries.names, part.keys.names, row, part.query, part.key, example)
    badge = ' <span class="renorm">renormalized</span>' if part.renormalized else ""
    say.html(f'<p class="say">{told}{badge}</p>')
    if example and example.swap:
        old, new = example.swap
        swapped = BY_TEXT[example.text.replace(old, new)]
        swap.button(f"What if it was too {new}?" if "too" in example.text else f"What if it was {new}?",
                    on_click=swap_to, args=(swapped.text,))  # fmt: skip
    with pick, st.container(horizontal=True, horizontal_alignment="right"):
        pickers(attention)
        save_menu(attention, part)


def swap_to(text: str) -> None:
    """Show a sentence that differs in one word, so that the chosen pair stays."""
    put(text=text, q=chosen()["q"], k=chosen()["k"])


def graph(part: Shown) -> None:
    """The directed graph of the same selection."""
    one, options = chosen()["graph"] == "one", graph_choices(part)
    weights, name = part.pattern[part.plane], part.queries.names[part.query]
    st.html(f'<h2 class="block">{"From " + words.quoted(name, "q") if one else "All tokens"}</h2>')

    def pick() -> None:
        query, key = clicked(st.session_state.graph.selection.points)
        if (query, key) != (None, None):
            part.put(part.query if query is None else query, part.key if key is None else key)

    figure = attention_graph(weights, part.queries.names, **options, theme=theme_name())
    info = graph_info(weights, part.queries.names, **options)
    st.plotly_chart(figure, key="graph", on_select=pick, selection_mode="points", theme=None, alt=alt_text(info),
                    config={"displayModeBar": False})  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound(
            st.segmented_control,
            "Edges",
            "graph",
            options=["one", "all"],
            required=True,
            format_func={"one": "this token", "all": "all tokens"}.__getitem__,
            label_visibility="collapsed",
        )
        bound(
            st.slider,
            "Weights from",
            "least",
            step=0.01,
            width=170,
            format="from %.2f",
            label_visibility="collapsed",
        )
        if not one:
            bound(st.slider, "Strongest a token", "most", width=150,
                  format="strongest %d", label_visibility="collapsed")  # fmt: skip
    if info.left_out:
        st.caption(f"The {len(info.edges)} strongest edges are drawn; {info.left_out} weaker ones are left out.")


def who_looks_at_whom(attention: AttentionView, part: Shown) -> None:
    """The heatmap, how to read it, and what may be hidden."""
    st.html('<h2 class="block">Who looks at whom</h2>')

    def pick_head(plane: int) -> None:
        put(head=str(plane))

    def along(tokens: Along) -> Tokens:
        return Tokens(tokens.names, tokens.special)

    heatmap(part.pattern, along(part.queries), along(part.keys) if attention.crosses else None, key="heatmap",
            plane_names=part.plane_names, on_pick=part.put, on_head=pick_head)  # fmt: skip
    hidden = len(part.keys.places) < len(attention.keys)
    sums = words.sums(part.rows_sum_to_one, hidden, attention.has_sink)
    asking, answering = (": the target", ": the sentence") if attention.crosses else ("", "")
    st.html(
        f'<p class="read">Rows ask (<span class="q">query{asking}</span>), columns answer '
        f'(<span class="k">key{answering}</span>). {sums}</p>'
    )
    with st.container(horizontal=True):
        bound(st.toggle, "Hide special tokens", "hide")
        if chosen()["hide"]:
            bound(st.toggle, "Renormalize what is left", "renorm")
    masks = words.mask_note(attention.causal, attention.window(part.layer), len(attention.keys))
    for note in (masks, on_sinks(attention, part)):
        if note:
            st.html(f'<p class="read">{note}</p>')


def on_sinks(attention: AttentionView, part: Shown) -> str | None:
    """A note on what the chosen row gives to a sink, trained or not; nothing where it gives little to it."""
    if not attention.has_sink:
        row = part.pattern[part.plane, part.query]
        return words.sink_note(part.queries.names, part.keys.names, row, part.query, attention.crosses)
    heads, average = attention.pattern(part.layer)[:, part.cell[0]], chosen()["head"] == "mean"
    row = heads.mean(axis=0) if average else heads[part.plane]
    return words.trained_sink_note(part.queries.names[part.query], 1 - float(row.sum()), average)


def worked_out(attention: AttentionView, part: Shown) -> Arithmetic:
    """The arithmetic of the chosen weight."""
    return weight_arithmetic(
        attention, part.layer, chosen()["head"], *part.cell, part.keys.places if part.renormalized else None,
        chosen()["open"], read_dims(),
    )  # fmt: skip


def why(attention: AttentionView, part: Shown, made: Arithmetic) -> None:
    """The arithmetic, as it was worked out, with what may be chosen of it."""
    weight = part.pattern[part.plane, part.query, part.key]
    st.html(f'<h2 class="block">Why {weight:.2f}?</h2>')
    show_arithmetic(made, "open")
    if chosen()["head"] != "mean":
        dims_box(attention.config.d_head)


def read_dims() -> list[int]:
    """The chosen dimensions of z."""
    return [int(dim) for dim in chosen()["dims"].split(",") if dim]


def dims_box(d_head: int) -> None:
    """Which dimensions of z the arithmetic writes out."""
    st.session_state._dims = [dim for dim in read_dims() if dim < d_head]
    st.multiselect("Dimensions of z to write out", list(range(d_head)), key="_dims", max_selections=8,
                   placeholder="Dimensions of z to write out: its largest", label_visibility="collapsed",
                   on_change=lambda: put(dims=",".join(map(str, st.session_state._dims))))  # fmt: skip


@st.fragment
@or_said("views")
def inspect(run: ac.Trace | ac.PairTrace, made_for: tuple[str, str, str]) -> None:
    """Everything below the sentence: three views of one selection.

    made_for: the sentence and all else that the run is over
    """
    attention, part = chosen_part(run, made_for)
    if part is None:
        st.info("With special tokens hidden, nothing is left of this text.")
        bound(st.toggle, "Hide special tokens", "hide")
        write_address()
        return
    # The arithmetic is worked out before anything is drawn, and sent first: what a click asks about should not wait.
    made = worked_out(attention, part)
    over = st.container()
    left, right = st.columns([9, 11], gap="medium")
    with right:
        above, below = st.container(), st.container()
    with below:
        why(attention, part, made)
    with over:
        what_is_chosen(attention, part)
    with left:
        if attention.config.image is not None:
            st.html(f'<h2 class="block">What {words.quoted(part.queries.names[part.query], "q")} looks at</h2>')
            tokens_box(attention, part)
        who_looks_at_whom(attention, part)
    with above:
        graph(part)
    write_address()


def inspect_page() -> None:
    """The whole page."""
    open_page(Page.INSPECT)
    loaded = input_and_model()
    run = get_run_or_stop(loaded)
    inspect(run, asked())
    if isinstance(loaded, ac.Model) and isinstance(run, ac.Trace):
        what_comes_next(loaded, run)
