"""What comes next: a language model's likeliest next tokens, and writing on from the sentence."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

import attention_core as ac
from attention_core.generate import writes
from attention_core.sampling import Choice, greedy, probabilities, sampled, top_ids
from attention_core.text.tokenizer import REPLACEMENT
from ui.arithmetic.next_token import next_arithmetic
from ui.components import visible
from ui.shared.continuation import Writing, parted
from ui.shared.controls import back_button
from ui.shared.models import or_said
from ui.shared.selection import bound, chosen, put, write_address
from ui.words.sentences import counted

LOOK_EVERY = 0.3  # seconds
SHOWN = 10
WAYS = {"likeliest": "The likeliest", "drawn": "Drawn"}


def what_comes_next(model: ac.Model, trace: ac.Trace) -> None:
    """The section of a language model; a model of any other kind has none."""
    state = st.session_state
    if (writing := state.get("writing")) and (writing.began, writing.model.name) != (trace.text, model.name):
        writing.stop()  # another text was typed meanwhile, and stays
        del state.writing
    if writes(model.config) and not model.config.cross:
        section(model, trace)


@st.fragment
@or_said("next")
def section(model: ac.Model, trace: ac.Trace) -> None:
    """The table of the next token beside what is done with it."""
    if chosen()["text"] != trace.text:
        st.rerun()
    with st.container(key="next"):
        left, right = st.columns([11, 9], gap="medium")
        with left:
            st.html('<h2 class="block">What comes next</h2>')
            next_tokens(model, trace)
        with right:
            st.html('<h2 class="block">How it is chosen</h2>')
            chances()
            write_on(model, trace)
    write_address()


def chances() -> None:
    """Temperature, top k and top p."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound(st.slider, "Temperature", "temperature", step=0.05, width=170)
        bound(st.number_input, "Top k (0: all)", "topk", step=1, width=130)
        bound(st.slider, "Top p", "topp", step=0.05, width=170)


def next_tokens(model: ac.Model, trace: ac.Trace) -> None:
    """The likeliest next tokens as a table."""
    _, own, written = parted(trace, chosen()["written"])
    ids = own + written
    logits = trace.next_logits(len(ids) - 1)
    shares = probabilities(logits, chosen()["temperature"], chosen()["topk"], chosen()["topp"])
    found = top_ids(logits, SHOWN)
    st.html(table(model, ids, found, shares))
    names = ["".join(read_as(model, ids, id)) for id in found]
    next_arithmetic(trace, len(ids) - 1, logits, found, names, shares)


def table(model: ac.Model, ids: list[int], found: list[int], shares: np.ndarray) -> str:
    """The rows of some next tokens, each with its probability as a number and as a bar. HTML."""
    rows = "".join(
        f'<tr><th scope="row">{shown(model, ids, id)}</th><td>{share(shares[id])}</td>'
        f'<td aria-hidden="true"><i style="width:{100 * shares[id] / shares[found[0]]:.1f}%"></i></td></tr>'
        for id in found
    )
    return (
        f'<table class="next"><caption class="read">The {len(found)} likeliest of {len(shares):,} tokens after the '
        f'last one</caption><tr><th scope="col">Token</th><th scope="col">Probability</th>'
        f'<td aria-hidden="true"></td></tr>{rows}</table>'
    )


def share(value: float) -> str:
    """A probability to four decimals, or that the token cannot be drawn."""
    return f"{value:.4f}" if value else "left out"


def read_as(model: ac.Model, ids: list[int], id: int) -> tuple[str, str, str]:
    """A token as the spaces and the text that it adds; of one that adds none the name, and a note that says why."""
    adds = model.tokenizer.extended_text("", ids, [id])
    if id in model.config.end_ids or not adds or REPLACEMENT in adds:
        note = "ends the text" if id in model.config.end_ids else "part of a character" if adds else "adds no text"
        (name,) = model.tokenizer.readable_pieces([model.tokenizer.piece(id)])
        return "", visible(name), f" {note}"
    body = adds.lstrip(" ")
    return "␣" * (len(adds) - len(body)), visible(body) if body else "", ""


def shown(model: ac.Model, ids: list[int], id: int) -> str:
    """A token as it reads. HTML."""
    spaces, body, note = read_as(model, ids, id)
    told = f"<s>{note}</s>" if note else ""
    return f'<span class="piece"><s>{spaces}</s>{html.escape(body)}</span>{told}'


def write_on(model: ac.Model, trace: ac.Trace) -> None:
    """Writing on: how many tokens and how they are chosen, or how far it is."""
    st.html('<h2 class="block">Write on</h2>')
    if writing := st.session_state.get("writing"):
        under_way(writing)
        return
    typed, own, written = parted(trace, chosen()["written"])
    room = model.config.n_ctx - len(own) - len(written)
    if room < 1:
        st.caption(f"This text fills all {model.config.n_ctx} places of the model.")
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            bound(st.slider, "Tokens", "tokens", step=1, width=170)
            bound(st.segmented_control, "Each token is", "way", options=list(WAYS), required=True,
                  format_func=WAYS.__getitem__)  # fmt: skip
            if chosen()["way"] == "drawn":
                bound(st.number_input, "Seed", "draw", step=1, width=130)
        st.button("Write on", type="primary", on_click=begin, args=(model, typed, own, written))
    if (wrote := st.session_state.get("wrote")) and wrote.whole == trace.text and wrote.model.name == model.name:
        st.html("".join(f'<p class="read">{html.escape(said)}</p>' for said in told(wrote)))
    elif written:
        st.html(f'<p class="read">Of these tokens the model has written {len(written)}, the last ones.</p>')
    if written:
        back_button(typed)


def begin(model: ac.Model, text: str, ids: list[int], before: list[int]) -> None:
    """Begin to write on.

    text, ids: what was typed, and as it is read on from
    before:    what was written after it already
    """
    choice: Choice = greedy
    how = "each the likeliest"
    if chosen()["way"] == "drawn":
        seed, temperature, top_k, top_p = (chosen()[name] for name in ("draw", "temperature", "topk", "topp"))
        choice, how = sampled(seed, temperature, top_k, top_p), f"drawn with seed {seed}"
    st.session_state.writing = Writing(model, text, ids, chosen()["tokens"], how, before)
    st.session_state.writing.start(choice)


@st.fragment(run_every=LOOK_EVERY)
def under_way(writing: Writing) -> None:
    """How far writing is, what is written, and a button that stops it."""
    if not writing.running:
        st.session_state.pop("writing", None)
        st.session_state.wrote = writing
        if writing.kept:
            put(text=writing.whole, written=writing.held)
        st.rerun()
    count = len(writing.written)
    st.progress(count / writing.total, "Stopping …" if writing.stopping else f"{count} of {writing.total} tokens")
    st.html(f'<p class="written">{html.escape(writing.whole)}</p>')
    st.button("Stop", on_click=writing.stop, disabled=writing.stopping)


def told(wrote: Writing) -> list[str]:
    """What became of writing on, in sentences."""
    count, end = len(wrote.kept), len(wrote.ids) + len(wrote.before) + len(wrote.kept)
    said = [f"{counted(count)} written, {wrote.how}." if count else "Nothing was written."]
    if wrote.problem:
        said.append(wrote.problem)
    if wrote.ended:
        said.append("Here the model ended the text.")
    elif end == wrote.model.config.n_ctx:
        said.append(f"The model reads no more than {end} tokens.")
    if not wrote.reads_the_same:
        said.append("What is shown are the tokens that were written; read again as a text, it would split into others.")
    return said
