"""What several pages let a person choose: the sentence, the target, the side, the layer and the head."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.attention_view import AttentionView
from attention_core.errors import InputError
from ui.components import visible
from ui.shared.continuation import Written, makes
from ui.shared.fields import SIDES
from ui.shared.image_box import get_image_trace, image_box
from ui.shared.models import get_model, get_run, say_problem, shelf
from ui.shared.readers import LONGEST_TEXT
from ui.shared.selection import bound, chosen, put, settle, write_address
from ui.shared.shown import Shown, chosen_attention, shown_part
from ui.words.examples import EXAMPLES, Example

SIDE_NAMES = {"encoder": "Encoder", "decoder": "Decoder", "cross": "Cross"}
SIDE_SAYS = {
    "encoder": "The sentence looks at itself.",
    "decoder": "The target looks at what there is of it so far.",
    "cross": 'The target (<span class="q">queries</span>) looks at the sentence (<span class="k">keys</span>).',
}


def choose_example(example: Example) -> None:
    """Show an example where its attention can be read."""
    put(text=example.text, layer=example.layer, head=str(example.head))


def sentence_box() -> DeltaGenerator:
    """The sentence, and examples of others; returns the row in which they stand."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        # What a model has written may have line breaks, which a box of one line would lose.
        box, more = (st.text_area, {"height": "content"}) if "\n" in chosen()["text"] else (st.text_input, {})
        bound(box, "Sentence", "text", label_visibility="collapsed", placeholder="Type a sentence", **more)
        with st.popover("Examples"):
            for i, example in enumerate(EXAMPLES):
                st.button(example.text, key=f"example_{i}", type="tertiary", on_click=choose_example, args=(example,))
    return row


def target_box(model: ac.Model | ac.EncoderDecoder, row: DeltaGenerator) -> None:
    """What the decoder reads, beside the sentence; nothing where a model has no decoder beside its encoder."""
    if isinstance(model, ac.EncoderDecoder):
        with row:
            bound(st.text_input, "Target", "target", label_visibility="collapsed",
                  placeholder="Target: type what the decoder reads, or leave it to the model")  # fmt: skip


def asked() -> tuple[str, str, str]:
    """The sentence, the target, and the tokens of the sentence that a model has written, as they are asked for."""
    return chosen()["text"], chosen()["target"], chosen()["written"]


def input_box() -> DeltaGenerator:
    """The sentence or, where the model on screen reads images, the image; returns the row in which it stands."""
    return image_box() if isinstance(shelf().models.get(chosen()["model"]), ac.ImageModel) else sentence_box()


def input_and_model() -> ac.Model | ac.EncoderDecoder:
    """The boxes for what the model reads, and the model; where there is none to show yet, the page ends there."""
    row = input_box()
    model = get_model(chosen()["model"])
    target_box(model, row)
    with st.container():  # a place of its own, so that what stands below keeps its own when the note comes or goes
        if not stands(model):
            settle(written="")
            st.info("The tokens that this address calls written do not make up its text here, so it is read anew.")
        if LONGEST_TEXT in map(len, asked()[:2]):
            st.caption(f"What is longer than {LONGEST_TEXT:,} characters is left out.")
    return model


def stands(model: ac.Model | ac.EncoderDecoder) -> bool:
    """Whether the tokens that are called written, where there are any, are the end of the text."""
    text, _, held = asked()
    return not held or (isinstance(model, ac.Model) and makes(model, text, Written.read(held)))


def run_now(model: ac.Model | ac.EncoderDecoder) -> ac.Trace | ac.EncoderDecoderTrace:
    """The run over the sentence or the image; InputError when the model cannot read it."""
    return get_image_trace(model) if isinstance(model, ac.ImageModel) else get_run(model.name, *asked(), model)


def get_run_or_stop(model: ac.Model | ac.EncoderDecoder) -> ac.Trace | ac.EncoderDecoderTrace:
    """The run over the sentence or the image, or a message in its place."""
    if not isinstance(model, ac.ImageModel) and not chosen()["text"].strip():
        st.info("Type a sentence above, or take one from Examples.")
    else:
        try:
            return run_now(model)
        except InputError as error:
            st.warning(f"{error} Your text is kept above.")
            if (wrote := st.session_state.get("wrote")) and wrote.whole == chosen()["text"]:
                back_button(wrote.text)
        except ac.AttentionLabError as problem:
            say_problem(problem, "run")
    write_address()
    st.stop()


def back_button(typed: str) -> None:
    """The way back from what a model has written to the text that was typed."""
    st.button("Back to what was typed", type="tertiary", on_click=put, kwargs={"text": typed})


def side_row(run: ac.Trace | ac.EncoderDecoderTrace) -> None:
    """Which side is shown, and where the target comes from; nothing where there is one side alone."""
    if isinstance(run, ac.Trace):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        bound(st.segmented_control, "Side", "side", options=SIDES, required=True, width="content",
              format_func=SIDE_NAMES.__getitem__, label_visibility="collapsed")  # fmt: skip
        st.html(f'<p class="read">{SIDE_SAYS[chosen()["side"]]} {written(run)}</p>', width="stretch")


def chosen_part(
    run: ac.Trace | ac.EncoderDecoderTrace, made_for: tuple[str, str, str]
) -> tuple[AttentionView, Shown | None]:
    """What a run shows of the selection, below the choice of its side; None when nothing is left of the text.

    made_for: the sentence and all else that the run is over; when others are asked for, the page begins anew
    """
    if asked() != made_for:
        st.rerun()
    side_row(run)
    attention = chosen_attention(run).keeping()
    return attention, shown_part(attention)


def written(run: ac.EncoderDecoderTrace) -> str:
    """A sentence on a target that the model has written itself, as HTML; nothing on one that was typed."""
    if run.ended is None:
        return ""
    text, count = run.decoder.text, len(run.decoder.ids) - 1
    said = f"“{html.escape(visible(text))}”" if text.strip() else f"{count} tokens that stand for no text"
    how = "until it ended" if run.ended else f"stopped after {count} tokens"
    return (
        f'<span class="own">target written by the model</span> <bdi>{said}</bdi>, always its likeliest next '
        f"token, {how}."
    )


def pickers(attention: AttentionView, every: str | None = "Average of heads") -> None:
    """Which layer, which head; `every` is what all heads together are called, None where only one can be chosen."""
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
