"""What several pages let a person choose: the sentence, the target, the side, the layer and the head."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.errors import InputError
from attention_core.pair import LONGEST_WRITTEN
from attention_core.sides import Attention
from ui.examples import EXAMPLES, Example
from ui.models import get_run
from ui.selection import SIDES, bound, chosen, put, write_address

FRESH = {"q": None, "k": None, "open": ""}  # a new sentence starts with nothing chosen or opened in it
SIDE_NAMES = {"encoder": "Encoder", "decoder": "Decoder", "cross": "Cross"}
SIDE_HELP = (
    "Encoder: the sentence looks at itself. Decoder: the target looks at what it has so far. "
    "Cross: the target (queries) looks at the sentence (keys)."
)


def choose_example(example: Example) -> None:
    """Show an example where its attention can be read."""
    put(text=example.text, layer=example.layer, head=str(example.head), **FRESH)


def sentence_box() -> DeltaGenerator:
    """The sentence, and examples of others; returns the row in which they stand."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        bound(st.text_input, "Sentence", "text", FRESH, label_visibility="collapsed", placeholder="Type a sentence")
        with st.popover("Examples"):
            for i, example in enumerate(EXAMPLES):
                st.button(example.text, key=f"example_{i}", type="tertiary", on_click=choose_example, args=(example,))
    return row


def target_box(model: ac.Model | ac.EncoderDecoder, row: DeltaGenerator) -> None:
    """What the decoder reads, beside the sentence; nothing where a model has no decoder beside its encoder."""
    if isinstance(model, ac.EncoderDecoder):
        with row:
            bound(st.text_input, "Target", "target", FRESH, label_visibility="collapsed",
                  placeholder="Target: type what the decoder reads, or leave it to the model")  # fmt: skip


def asked() -> tuple[str, str]:
    """The sentence and the target that are asked for."""
    return chosen()["text"], chosen()["target"]


def get_run_or_stop(model: ac.Model | ac.EncoderDecoder) -> ac.Trace | ac.PairTrace:
    """The run over the sentence, or a message in its place."""
    if not chosen()["text"].strip():
        st.info("Type a sentence above, or take one from Examples.")
    else:
        try:
            run = get_run(model.name, *asked())
        except InputError as error:
            st.warning(f"{error} Your text is kept above: shorten it, and it will be shown.")
        else:
            if isinstance(run, ac.PairTrace) and run.ended is not None:
                st.html(written(run.decoder.text, run.ended))
            return run
    write_address()
    st.stop()


def written(text: str, ended: bool) -> str:
    """A sentence on a target that the model has written itself, as HTML."""
    said = f"“{html.escape(text)}”" if text.strip() else "nothing at all"
    how = "until it ended" if ended else f"stopped after {LONGEST_WRITTEN} tokens"
    return (
        '<p class="read"><span class="written">written by the model</span> '
        f"<bdi>{said}</bdi> (always its likeliest next token, {how}). Type a target above to have it read another.</p>"
    )


def pickers(attention: Attention, every: str = "Average of heads") -> None:
    """Which side where there is one, which layer, which head; `every` is what all heads together are called."""
    if attention.side:
        bound(st.segmented_control, "Side", "side", FRESH, options=SIDES, required=True, help=SIDE_HELP,
              format_func=SIDE_NAMES.__getitem__, label_visibility="collapsed")  # fmt: skip
    layers, heads = attention.config.n_layers, attention.config.n_heads
    names = {str(h): f"Head {h}" for h in range(heads)} | {"mean": every}
    bound(
        st.selectbox, "Layer", "layer", {"open": ""}, options=list(range(layers)), width=110,
        format_func=lambda layer: f"Layer {layer}", label_visibility="collapsed",
    )  # fmt: skip
    bound(
        st.selectbox, "Head", "head", {"open": ""}, options=list(names), width=175,
        format_func=names.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
