"""The run of a model over a text or an image: from the cache, or computed, a long one in its turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

import attention_core as ac
from ui.shared.continuation import GeneratedTokens, tokens_with_continuation
from ui.shared.long_runs import MOST_SHORT, multiplications
from ui.shared.pictures import resized
from ui.shared.run_cache import RUNS, Run


def text_run(
    model: ac.Model | ac.EncoderDecoder, text: str, target: str, generated: str, place: DeltaGenerator | None = None
) -> Run:
    """The run of a model over a text; InputError where the text is too long.

    target:    the decoder's input in an encoder–decoder; empty for a target that the model generates
    generated: the tokens at the end of the text that a language model generated, as in the address; empty for none
    place:     where the page says that it waits
    """

    def compute() -> Run:
        if isinstance(model, ac.EncoderDecoder):
            return model.trace(text, target=target) if target.strip() else model.write(text)
        if generated:
            return model.run(text, tokens_with_continuation(model, text, GeneratedTokens.parse(generated)))
        return model.trace(text)

    return cached_run((model.name, text, target, generated), lambda: is_long(model, text, target), compute, place)


def image_run(
    model: ac.ImageModel, image: str, draw: Callable[[], np.ndarray], place: DeltaGenerator | None = None
) -> ac.Trace:
    """The run of a model over an image.

    image: its name in the cache;  draw: its pixels
    place: where the page says that it waits
    """

    def compute() -> Run:
        return model.trace(resized(draw(), model.image))

    def long() -> bool:
        return multiplications(model.config, model.config.n_ctx) > MOST_SHORT

    run = cached_run((model.name, "image", image), long, compute, place)
    assert isinstance(run, ac.Trace)
    return run


def is_long(model: ac.Model | ac.EncoderDecoder, text: str, target: str) -> bool:
    """Whether a run waits for its turn; one that generates its target always does."""
    if isinstance(model, ac.EncoderDecoder):
        return not target.strip() or is_long(model.encoder, text, "") or is_long(model.decoder, target, "")
    return multiplications(model.config, len(model.tokenizer.encode(text))) > MOST_SHORT


def cached_run(
    key: tuple[str, ...], long: Callable[[], bool], compute: Callable[[], Run], place: DeltaGenerator | None
) -> Run:
    """The run with a key, computed unless it is in the cache."""
    if run := RUNS.get(key):
        return run
    if not long():
        return RUNS.put(key, compute())
    note = WaitingNote(place)
    run = RUNS.compute_long(key, compute, visitor(), note.show)
    note.clear()
    return run


def visitor() -> str:
    """The ID of this session."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


class WaitingNote:
    """What a page says while it waits for a run.

    place: where, None for the end of the page so far
    """

    def __init__(self, place: DeltaGenerator | None) -> None:
        self.place, self.text = place, ""

    def show(self, runs_before: int) -> None:
        """Say how many runs are before this one. The script stops here if its visitor left or asked for another."""
        st.session_state.get("selection")  # Streamlit stops a script where it reads the session or writes to the page
        if (text := waiting_text(runs_before)) != self.text:
            self.place = self.place or st.empty()
            self.text = text
            self.place.caption(text)

    def clear(self) -> None:
        """Say nothing more."""
        if self.place and self.text:
            self.place.empty()


def waiting_text(runs_before: int) -> str:
    """How many runs are before this one, in words."""
    if not runs_before:
        return "Running the model …"
    return f"Waiting for {runs_before} other {'run' if runs_before == 1 else 'runs'} …"
