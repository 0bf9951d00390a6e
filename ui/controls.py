"""What several pages let a person choose: the sentence, the layer and the head."""

from __future__ import annotations

import streamlit as st

import attention_core as ac
from attention_core.errors import InputError
from ui.examples import EXAMPLES, Example
from ui.models import get_trace
from ui.selection import FRESH, bound, chosen, put, write_address


def choose_example(example: Example) -> None:
    """Show an example where its attention can be read."""
    put(text=example.text, layer=example.layer, head=str(example.head), **FRESH)


def sentence_box() -> None:
    """The sentence, and examples of others."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # What a model has written may have line breaks, which a box of one line would lose.
        box, more = (st.text_area, {"height": "content"}) if "\n" in chosen()["text"] else (st.text_input, {})
        bound(box, "Sentence", "text", FRESH, label_visibility="collapsed", placeholder="Type a sentence", **more)
        with st.popover("Examples"):
            for i, example in enumerate(EXAMPLES):
                st.button(example.text, key=f"example_{i}", type="tertiary", on_click=choose_example, args=(example,))


def get_trace_or_stop(model: ac.Model, text: str) -> ac.Trace:
    """The trace of the sentence, or a message in its place."""
    if not text.strip():
        st.info("Type a sentence above, or take one from Examples.")
    else:
        try:
            return get_trace(model.name, text)
        except InputError as error:
            st.warning(f"{error} Your text is kept above: shorten it, and it will be shown.")
    write_address()
    st.stop()


def pickers(model: ac.Model, every: str = "Average of heads") -> None:
    """Which layer, which head; `every` is what all heads together are called."""
    layers, heads = model.config.n_layers, model.config.n_heads
    names = {str(h): f"Head {h}" for h in range(heads)} | {"mean": every}
    bound(
        st.selectbox, "Layer", "layer", {"open": ""}, options=list(range(layers)), width=110,
        format_func=lambda layer: f"Layer {layer}", label_visibility="collapsed",
    )  # fmt: skip
    bound(
        st.selectbox, "Head", "head", {"open": ""}, options=list(names), width=175,
        format_func=names.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
