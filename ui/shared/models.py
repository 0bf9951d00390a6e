"""The model on screen: choosing it, downloading it, and keeping the one that is there until the other has come."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import attention_core as ac
from attention_core.errors import CheckpointError
from attention_core.hub.progress import Progress, amount
from ui.shared.continuation import Written, tokens_with
from ui.shared.fields import DEFAULTS
from ui.shared.image_box import image_trace
from ui.shared.markdown import plain
from ui.shared.offer import loopback_alone, may_load, offered, refusal, title_of
from ui.shared.selection import chosen, put, put_only, write_address
from ui.shared.model_cache import Job, Shelf, said

LOOK_EVERY = 0.5  # seconds


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The one shelf of this server."""
    return Shelf()


def get_model(name: str) -> ac.Model | ac.EncoderDecoder:
    """The model to show: the one asked for, or the one that was on screen while the other is on its way.

    Where there is none to show yet, the page says what is missing, and ends there.
    """
    place = st.container()  # kept even while empty: what stands below it is not drawn anew when a message comes or goes
    state = st.session_state
    wanted = state.get("wanted")
    if wanted in shelf().models:
        del state.wanted
        state.pop("job", None)
        if wanted != name:
            put(model=wanted)
            st.rerun()
    if name not in shelf().models:
        loading = place.empty()
        loading.caption("Loading the model …")
        job = wanted_job(name)
        there = shelf().take_from_disk(job)
        loading.empty()
        if isinstance(shelf().models.get(name), ac.ImageModel):
            st.rerun()  # what stands above was drawn for a sentence
        if not there:
            state.wanted = name
            if (shown := state.get("on_screen")) in shelf().models:
                put_only(model=shown)
                st.rerun()
            if name == DEFAULTS["model"] and not job.problem:
                shelf().download(job)
            with place:
                wanted_panel(name)
            write_address()
            st.stop()
    state.on_screen, model = name, shelf().models[name]
    if state.get("wanted") not in (None, name):
        with place:
            wanted_panel(state.wanted)
    return model


@st.cache_resource(max_entries=64, show_spinner=False)
def get_run(
    name: str, text: str, target: str, written: str, _model: ac.Model | ac.EncoderDecoder
) -> ac.Trace | ac.PairTrace:
    """The run of a model over a text, once for each name and text; InputError when the text is too long.

    target:  what the decoder of an encoder–decoder reads; where it is empty, what the model writes itself
    written: the tokens at the end of the text that a language model has written itself
    """
    if isinstance(_model, ac.Model):
        if written:
            return _model.run(text, tokens_with(_model, text, Written.read(written)))
        return _model.trace(text)
    return _model.trace(text, target=target) if target.strip() else _model.write(text)


@contextmanager
def or_said(place: str) -> Iterator[None]:
    """What keeps a part of a page from being shown stands in its place.

    place: a name for it, that no other part of the page has
    """
    try:
        yield
    except ac.AttentionLabError as problem:
        say_problem(problem, place)
        write_address()


def say_problem(problem: ac.AttentionLabError, place: str) -> None:
    """Why the model on screen cannot be shown, and where its files may be others by now, a button that reads them."""
    name = chosen()["model"]
    st.error(plain(said(problem, name)))
    if isinstance(problem, CheckpointError) and st.button("Load again", key=f"again_{place}"):
        shelf().drop(name)
        get_run.clear()
        image_trace.clear()
        st.rerun()


def wanted_job(name: str) -> Job:
    """This page's attempt to have a model, with what became of it; a download that another page began is shared."""
    state = st.session_state
    mine = state.get("job")
    if mine is None or mine.name != name:
        mine = Job(name)
    state.job = mine if mine.running else shelf().under_way(name) or mine
    return state.job


def model_picker() -> None:
    """The models to choose from, with their size; any hub id may be typed while only this machine is served."""
    options = list(dict.fromkeys([*offered(), chosen()["model"]]))
    if len(options) == 1 and not loopback_alone():
        return

    def choose() -> None:
        name = (st.session_state._model or "").strip()
        if may_load(name):
            put(model=name)
        elif name:
            st.session_state.refused = {"model": refusal(name)}

    st.session_state._model = chosen()["model"]
    st.selectbox("Model", options, key="_model", on_change=choose, format_func=described, width=330,
                 label_visibility="collapsed", accept_new_options=loopback_alone())  # fmt: skip


def described(name: str) -> str:
    """A model's title and, where the catalogue knows them, its size and licence."""
    entry = offered()[name].entry if name in offered() else None
    return f"{entry.title} · {amount(entry.size)} · {entry.licence}" if entry else title_of(name)


def wanted_panel(name: str) -> None:
    """What keeps a model from being shown: its size and a button, or how far it is, or what went wrong."""
    job = wanted_job(name)
    with st.container(border=True, key="wanted"):
        if job.running:
            on_its_way(name)
        elif job.problem:
            st.warning(plain(job.problem))
            buttons(name, "Try again")
        else:
            if job.plan is None:
                with st.spinner("Asking the model hub …"):
                    shelf().ask(job)
            if job.plan is None:
                st.rerun()
            else:
                st.write(offer(title_of(name), job.plan.size, job.plan.arrived))
                if name in offered() and (entry := offered()[name].entry):
                    st.caption(f"{entry.purpose} {entry.look}")
                buttons(name, "Download")


def buttons(name: str, go: str) -> None:
    """Begin the download of a model, or do without it."""
    with st.container(horizontal=True):
        st.button(go, key="wanted_go", type="primary", on_click=begin, args=(name,))
        if name != DEFAULTS["model"]:
            st.button("Close", key="wanted_close", on_click=forget, args=(name,))


def begin(name: str) -> None:
    """Try to have a model, by a download when it takes one; what that takes is asked first, and told."""
    job = wanted_job(name)
    job.problem = ""
    if not shelf().take_from_disk(job) and not job.problem and job.plan:
        shelf().download(job)


def forget(name: str) -> None:
    """Do without a model."""
    for key in ("wanted", "job"):
        st.session_state.pop(key, None)
    if chosen()["model"] == name:
        put_only(model=DEFAULTS["model"])


@st.fragment(run_every=LOOK_EVERY)
def on_its_way(name: str) -> None:
    """How far a download is, and a button that stops it."""
    job, page = wanted_job(name), st.session_state.setdefault("page", uuid.uuid4().hex)
    if not job.running:
        st.rerun()
    job.look(page)
    st.progress(*bar(title_of(name), job))
    if st.button("Cancel", key="wanted_cancel", disabled=job.stopping):
        if not job.leave(page):
            forget(name)
        st.rerun()


def bar(title: str, job: Job) -> tuple[float, str]:
    """A progress bar's share, between 0 and 1, and its words."""
    now = job.progress
    if job.stopping:
        return 0.0, f"{plain(title)}: stopping …"
    if now is None:
        return 0.0, f"{plain(title)}: asking the model hub …"
    if now.done >= now.total:
        return 1.0, f"{plain(title)}: loading …"
    return now.done / now.total, f"Downloading {plain(title)}: {told(now)}"


def told(now: Progress) -> str:
    """How far a download is: bytes, speed and the time that is left."""
    words = f"{amount(now.done)} of {amount(now.total)}"
    if now.seconds_left is None:
        return f"{words} · waiting"
    minutes, seconds = divmod(round(now.seconds_left), 60)
    return f"{words} · {amount(now.speed)}/s · {f'{minutes} min ' if minutes else ''}{seconds} s left"


def offer(title: str, size: int, arrived: int) -> str:
    """What a download takes, before it begins."""
    kept = f" {amount(arrived)} of it are here already." if arrived >= size / 100 else ""
    return f"**{plain(title)}** is not on this machine: {amount(size)} to download.{kept}"
