"""The next token: a language model's most likely next tokens, and continuing the text with them."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

import attention_core as ac
from attention_core.generate import can_generate
from attention_core.sampling import Choice, greedy, probabilities, sampled, top_ids
from attention_core.surrogates import REPLACEMENT
from ui.arithmetic.next_token import next_arithmetic
from ui.components import show_invisible
from ui.shared.continuation import Generation, split_continuation
from ui.shared.controls import back_button
from ui.shared.models import model_cache, show_errors
from ui.shared.selection import bound, chosen, put, write_address
from ui.words.sentences import count_tokens

REFRESH_GENERATION = 0.3  # seconds
N_SHOWN = 10
LANGUAGE_MODEL = "smollm2-instruct"
PRONOUN = {"text": "The animal didn't cross the street because it was too", "layer": 13, "head": "8", "q": 8, "k": 1}
"""A selection in which the language model's "it" attends to "animal"."""

DECODING_LABELS = {"likeliest": "Greedy", "drawn": "Sampled"}


def next_token_section(model: ac.Model, trace: ac.Trace) -> None:
    """The next-token section of a language model; for others that read text, a link to one."""
    state = st.session_state
    running = state.get("generation")
    if running and (running.initial_text, running.model.name) != (trace.text, model.name):
        running.stop()  # the text or model was changed meanwhile, and that choice wins
        del state.generation
    if can_generate(model.config) and not model.config.cross:
        next_token_fragment(model, trace)
    elif model.config.image is None and not model.config.causal and model_cache().is_local(LANGUAGE_MODEL):
        language_model_link()


def language_model_link() -> None:
    """A button that shows the next token, of the language model that is on this machine."""
    with st.container(key="language_model", horizontal=True, vertical_alignment="center"):
        st.html('<p class="read">This model does not predict the next token, but a language model does.</p>',
                width="content")  # fmt: skip
        st.button("Show a language model", key="to_language_model", on_click=put, kwargs={
            "model": LANGUAGE_MODEL, **PRONOUN,
        })  # fmt: skip


@st.fragment
@show_errors("next")
def next_token_fragment(model: ac.Model, trace: ac.Trace) -> None:
    """The table of next tokens, beside the sampling settings and text generation."""
    if chosen()["text"] != trace.text:
        st.rerun()
    with st.container(key="next"):
        left, right = st.columns([11, 9], gap="medium")
        with left:
            st.html('<h2 class="block">Next token</h2>')
            next_token_table(model, trace)
        with right:
            st.html('<h2 class="block">Sampling settings</h2>')
            sampling_controls()
            generation_section(model, trace)
    write_address()


def sampling_controls() -> None:
    """Temperature, top k and top p."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound(st.slider, "Temperature", "temperature", step=0.05, width=170)
        bound(st.number_input, "Top k (0: all)", "topk", step=1, width=130)
        bound(st.slider, "Top p", "topp", step=0.05, width=170)


def next_token_table(model: ac.Model, trace: ac.Trace) -> None:
    """The most likely next tokens as a table, and the arithmetic of their probabilities."""
    _, prompt, generated = split_continuation(trace, chosen()["written"])
    ids = prompt + generated
    logits = trace.next_logits(len(ids) - 1)
    probs = probabilities(logits, chosen()["temperature"], chosen()["topk"], chosen()["topp"])
    found = top_ids(logits, N_SHOWN)
    st.html(probability_table(model, ids, found, probs))
    names = ["".join(token_parts(model, ids, id)) for id in found]
    next_arithmetic(trace, len(ids) - 1, logits, found, names, probs)


def probability_table(model: ac.Model, ids: list[int], found: list[int], probs: np.ndarray) -> str:
    """A table of next tokens, each with its probability as a number and a bar. HTML.

    found: the token ids, most likely first;  probs: [d_vocab]
    """
    rows = "".join(
        f'<tr><th scope="row">{token_html(model, ids, id)}</th><td>{probability_text(probs[id])}</td>'
        f'<td aria-hidden="true"><i style="width:{100 * probs[id] / probs[found[0]]:.1f}%"></i></td></tr>'
        for id in found
    )
    return (
        f'<table class="next"><caption class="read">The {len(found)} most likely next tokens, out of {len(probs):,}'
        f'</caption><tr><th scope="col">Token</th><th scope="col">Probability</th>'
        f'<td aria-hidden="true"></td></tr>{rows}</table>'
    )


def probability_text(value: float) -> str:
    """A probability to four decimals, or “left out” where top k or top p exclude the token."""
    return f"{value:.4f}" if value else "left out"


def token_parts(model: ac.Model, ids: list[int], id: int) -> tuple[str, str, str]:
    """A token's leading spaces, its text, and a note; one without text is named, and the note says why."""
    adds = model.tokenizer.extended_text("", ids, [id])
    if id in model.config.end_ids or not adds or REPLACEMENT in adds:
        note = "ends the text" if id in model.config.end_ids else "part of a character" if adds else "adds no text"
        (name,) = model.tokenizer.readable_pieces([model.tokenizer.piece(id)])
        return "", show_invisible(name), f" {note}"
    body = adds.lstrip(" ")
    return "␣" * (len(adds) - len(body)), show_invisible(body) if body else "", ""


def token_html(model: ac.Model, ids: list[int], id: int) -> str:
    """A token as it appears in the text. HTML."""
    spaces, body, note = token_parts(model, ids, id)
    reason = f"<s>{note}</s>" if note else ""
    return f'<span class="piece"><s>{spaces}</s>{html.escape(body)}</span>{reason}'


def generation_section(model: ac.Model, trace: ac.Trace) -> None:
    """Continuing the text: how many tokens and how to choose them, or the progress of a running generation."""
    st.html('<h2 class="block">Continue the text</h2>')
    if running := st.session_state.get("generation"):
        generation_progress(running)
        return
    typed, prompt, generated = split_continuation(trace, chosen()["written"])
    room = model.config.n_ctx - len(prompt) - len(generated)
    if room < 1:
        st.caption(f"This text fills the model’s context of {count_tokens(model.config.n_ctx)}.")
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            bound(st.slider, "Tokens", "tokens", step=1, width=170)
            bound(st.segmented_control, "Decoding", "way", options=list(DECODING_LABELS), required=True,
                  format_func=DECODING_LABELS.__getitem__)  # fmt: skip
            if chosen()["way"] == "drawn":
                bound(st.number_input, "Seed", "draw", step=1, width=130)
        st.button("Continue", type="primary", on_click=start_generation, args=(model, typed, prompt, generated))
    last = st.session_state.get("last_generation")
    if last and last.full_text == trace.text and last.model.name == model.name:
        st.html("".join(f'<p class="read">{html.escape(sentence)}</p>' for sentence in generation_summary(last)))
    elif generated:
        st.html(f'<p class="read">The model generated the last {count_tokens(len(generated))}.</p>')
    if generated:
        back_button(typed)


def start_generation(model: ac.Model, text: str, ids: list[int], earlier_ids: list[int]) -> None:
    """Start generating.

    text, ids:   the typed text, and its tokens as a prompt
    earlier_ids: the tokens already generated after it
    """
    choice: Choice = greedy
    how = "by greedy decoding"
    if chosen()["way"] == "drawn":
        seed, temperature, top_k, top_p = (chosen()[name] for name in ("draw", "temperature", "topk", "topp"))
        choice, how = sampled(seed, temperature, top_k, top_p), f"by sampling with seed {seed}"
    st.session_state.generation = Generation(model, text, ids, chosen()["tokens"], how, earlier_ids)
    st.session_state.generation.start(choice)


@st.fragment(run_every=REFRESH_GENERATION)
def generation_progress(generation: Generation) -> None:
    """How many tokens are generated, the text so far, and a button that stops the generation."""
    if not generation.running:
        st.session_state.pop("generation", None)
        st.session_state.last_generation = generation
        if generation.kept_ids:
            put(text=generation.full_text, written=generation.address_value)
        st.rerun()
    count = len(generation.new_ids)
    total = generation.total
    st.progress(count / total, "Stopping …" if generation.stopping else f"{count} of {total} tokens")
    st.html(f'<p class="written">{html.escape(generation.full_text)}</p>')
    st.button("Stop", on_click=generation.stop, disabled=generation.stopping)


def generation_summary(generation: Generation) -> list[str]:
    """How a generation ended, in sentences."""
    count = len(generation.kept_ids)
    end = len(generation.ids) + len(generation.earlier_ids) + count
    sentences = [f"{count_tokens(count)} generated {generation.how}." if count else "No tokens were generated."]
    if generation.problem:
        sentences.append(generation.problem)
    if generation.ended:
        sentences.append("The model ended the text here.")
    elif end == generation.model.config.n_ctx:
        sentences.append(f"The model reads at most {end} tokens.")
    if not generation.tokenizes_the_same:
        sentences.append("The generated tokens are shown; the tokenizer would split this text differently.")
    return sentences
