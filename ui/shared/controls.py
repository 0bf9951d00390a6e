"""The controls that several pages share: the sentence, the target, the side, the layer and the head."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.arrays import ArrayCache
from attention_core.attention_view import AttentionView
from attention_core.errors import InputError
from ui.components import show_invisible
from ui.shared.continuation import GeneratedTokens, can_have_generated
from ui.shared.fields import SIDES
from ui.shared.image_box import get_image_trace, image_box
from ui.shared.models import get_model, model_cache, show_problem
from ui.shared.readers import MAX_TEXT_LENGTH
from ui.shared.runs import text_run
from ui.shared.selection import bound, chosen, put, settle, write_address
from ui.shared.shown import ShownPart, chosen_attention, shown_part
from ui.words.examples import EXAMPLE_SENTENCES, Example
from ui.words.sentences import count_tokens

SIDE_NAMES = {"encoder": "Encoder", "decoder": "Decoder", "cross": "Cross-attention"}
SIDE_NOTES = {
    "encoder": "The sentence attends to itself.",
    "decoder": "Each target token attends to itself and the target tokens before it.",
    "cross": 'The target (<span class="q">queries</span>) attends to the sentence (<span class="k">keys</span>).',
}


ARRAYS = ArrayCache(max_bytes=64 << 20)
"""What the pages have computed of the runs: a class looks at the same layer of the same sentence."""


def choose_example(example: Example) -> None:
    """Show an example in a head where its attention is easy to read."""
    put(text=example.text, layer=example.layer, head=str(example.head))


def sentence_box() -> DeltaGenerator:
    """The sentence, and example sentences; returns their row."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        text_box("Sentence", "text", "Type a sentence")
        with st.popover("Examples"):
            for i, example in enumerate(EXAMPLE_SENTENCES):
                st.button(example.text, key=f"example_{i}", type="tertiary", on_click=choose_example, args=(example,))
    return row


def text_box(label: str, name: str, placeholder: str) -> None:
    """A box for a text, which grows with its lines; a box of one line would lose the line breaks of a pasted text."""
    bound(st.text_area, label, name, label_visibility="collapsed", placeholder=placeholder, height="content")


def target_box(model: ac.Model | ac.EncoderDecoder, row: DeltaGenerator) -> None:
    """The decoder's input, beside the sentence; nothing for a model that is not an encoder–decoder."""
    if isinstance(model, ac.EncoderDecoder):
        with row:
            text_box("Target", "target", "Target: type it, or let the model generate it")


def requested_input() -> tuple[str, str, str]:
    """The chosen sentence, target, and generated tokens at the end of the sentence."""
    return chosen()["text"], chosen()["target"], chosen()["written"]


def input_box() -> DeltaGenerator:
    """The sentence or, where the model on screen reads images, the image; returns its row."""
    return image_box() if isinstance(model_cache().models.get(chosen()["model"]), ac.ImageModel) else sentence_box()


def input_and_model() -> ac.Model | ac.EncoderDecoder:
    """The input boxes and the model; the page stops here while there is no model to show."""
    row = input_box()
    model = get_model(chosen()["model"])
    target_box(model, row)
    with st.container():  # its own container, so the elements below are not redrawn when a note comes or goes
        if not continuation_fits(model):
            settle(written="")
            st.info("The generated tokens in this address do not match its text, so the text is tokenized again.")
        if MAX_TEXT_LENGTH in map(len, requested_input()[:2]):
            st.caption(f"Only the first {MAX_TEXT_LENGTH:,} characters are used.")
    return model


def continuation_fits(model: ac.Model | ac.EncoderDecoder) -> bool:
    """Whether the generated tokens in the address, if any, are the end of the text."""
    text, _, generated = requested_input()
    if not generated:
        return True
    return isinstance(model, ac.Model) and can_have_generated(model, text, GeneratedTokens.parse(generated))


def current_run(
    model: ac.Model | ac.EncoderDecoder, place: DeltaGenerator | None = None
) -> ac.Trace | ac.EncoderDecoderTrace:
    """The run over the sentence or the image; InputError where the model cannot read it.

    place: where the page says that it waits
    """
    if isinstance(model, ac.ImageModel):
        return get_image_trace(model, place)
    return text_run(model, *requested_input(), place)


def get_run_or_stop(model: ac.Model | ac.EncoderDecoder) -> ac.Trace | ac.EncoderDecoderTrace:
    """The run over the sentence or the image; where there is none, a message, and the page stops here."""
    place = st.empty()  # kept when nothing waits, so the elements below are not redrawn when a note comes or goes
    if not isinstance(model, ac.ImageModel) and not chosen()["text"].strip():
        st.info("Type a sentence above, or choose one from Examples.")
    else:
        try:
            return current_run(model, place)
        except InputError as error:
            st.warning(f"{error} Your text is kept above.")
            if (last := st.session_state.get("last_generation")) and last.full_text == chosen()["text"]:
                back_button(last.text)
        except ac.AttentionLabError as problem:
            show_problem(problem, "run")
    write_address()
    st.stop()


def back_button(typed: str) -> None:
    """A button that removes the generated text."""
    st.button("Back to the typed text", type="tertiary", on_click=put, kwargs={"text": typed})


def side_row(run: ac.Trace | ac.EncoderDecoderTrace) -> None:
    """The choice of a side, and the target's origin; nothing for a model that is not an encoder–decoder."""
    if isinstance(run, ac.Trace):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        bound(st.segmented_control, "Side", "side", options=SIDES, required=True, width="content",
              format_func=SIDE_NAMES.__getitem__, label_visibility="collapsed")  # fmt: skip
        st.html(f'<p class="read">{SIDE_NOTES[chosen()["side"]]} {generated_target_note(run)}</p>', width="stretch")


def chosen_part(
    run: ac.Trace | ac.EncoderDecoderTrace, run_input: tuple[str, str, str]
) -> tuple[AttentionView, ShownPart | None]:
    """The attention of the chosen side, and the part of it on screen, None where every token is hidden.

    run_input: the input of the run; when another is chosen, the page is drawn again from the top
    """
    if requested_input() != run_input:
        st.rerun()
    side_row(run)
    attention = chosen_attention(run).caching(ARRAYS)
    return attention, shown_part(attention)


def generated_target_note(run: ac.EncoderDecoderTrace) -> str:
    """A sentence on a target that the model generated, as HTML; empty for a typed one."""
    if run.ended is None:
        return ""
    text, count = run.decoder.text, len(run.decoder.ids) - 1
    target = f"“{html.escape(show_invisible(text))}”" if text.strip() else f"{count_tokens(count)} without text"
    end = "up to its end token" if run.ended else f"stopped after {count_tokens(count)}"
    label = '<span class="generated">target generated by the model</span>'
    return f"{label} <bdi>{target}</bdi>, by greedy decoding, {end}."


def pickers(attention: AttentionView, every: str | None = "Average of heads") -> None:
    """The choice of layer and head; `every` labels all heads together, None where only one can be chosen."""
    layers, heads = attention.config.n_layers, attention.config.n_heads
    names = {str(h): f"Head {h}" for h in range(heads)} | ({"mean": every} if every else {})
    bound(
        st.selectbox, "Layer", "layer", options=list(range(layers)), width=110,
        format_func=lambda layer: f"Layer {layer}", label_visibility="collapsed",
    )  # fmt: skip
    bound(
        st.selectbox, "Head", "head", options=list(names), width=175,
        format_func=names.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
