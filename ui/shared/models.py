"""The model on screen: choosing it, downloading it, and showing the previous one until the new one is loaded."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import attention_core as ac
from attention_core.errors import CheckpointError
from attention_core.hub.progress import Progress, format_size
from ui.shared.fields import DEFAULT_SELECTION
from ui.shared.markdown import escape_markdown
from ui.shared.model_cache import MODELS, Job, ModelCache, problem_message
from ui.shared.offer import is_local_only, may_load, offered_models, refusal_message, title_of
from ui.shared.run_cache import RUNS
from ui.shared.selection import chosen, put, put_only, write_address

REFRESH_DOWNLOAD = 0.5  # seconds


def model_cache() -> ModelCache:
    """The model cache of this server."""
    return MODELS


def is_loaded(name: str) -> bool:
    """Whether this server has loaded a model."""
    return name in model_cache().models


def get_model(name: str) -> ac.Model | ac.EncoderDecoder:
    """The model to show: the chosen one, or the previous one while the chosen one is loading.

    While there is no model to show, the page offers the download and stops here.
    """
    place = st.container()  # kept even when empty, so the elements below are not redrawn when a message comes or goes
    state = st.session_state
    wanted = state.get("wanted")
    if wanted in model_cache().models:
        del state.wanted
        state.pop("job", None)
        if wanted != name:
            put(model=wanted)
            st.rerun()
    if name not in model_cache().models:
        loading = place.empty()
        text = "Loading the model …"
        with loading.container(key="loading"):
            bar = st.progress(0.0, text)
        job = job_for(name)
        is_local = model_cache().load_local(job, lambda share: bar.progress(share, text))
        loading.empty()
        if is_local:
            st.rerun()  # the badge and the input box above were drawn without the model
        state.wanted = name
        if (shown := state.get("on_screen")) in model_cache().models:
            put_only(model=shown)
            st.rerun()
        if name == DEFAULT_SELECTION["model"] and not job.problem:
            model_cache().download(job)
        with place:
            download_panel(name)
        write_address()
        st.stop()
    state.on_screen, model = name, model_cache().models[name]
    if state.get("wanted") not in (None, name):
        with place:
            download_panel(state.wanted)
    return model


@contextmanager
def show_errors(place: str) -> Iterator[None]:
    """Show an error in place of the part of a page that raised it.

    place: a name of the part, unique on its page
    """
    try:
        yield
    except ac.AttentionLabError as problem:
        show_problem(problem, place)
        write_address()


def show_problem(problem: ac.AttentionLabError, place: str) -> None:
    """Why the model on screen cannot be shown, with a button to load it again where its files may have changed."""
    name = chosen()["model"]
    st.error(escape_markdown(problem_message(problem, name)))
    if isinstance(problem, CheckpointError) and st.button("Load again", key=f"again_{place}"):
        model_cache().drop(name)
        RUNS.forget(name)
        st.rerun()


def job_for(name: str) -> Job:
    """This page's job to load a model; a download that another page started is shared."""
    state = st.session_state
    job = state.get("job")
    if job is None or job.name != name:
        job = Job(name)
    state.job = job if job.running else model_cache().running_download(name) or job
    return state.job


def model_picker() -> None:
    """The choice of a model; any hub id may be typed while the server listens only to this machine."""
    options = list(dict.fromkeys([*offered_models(), chosen()["model"]]))
    if len(options) == 1 and not is_local_only():
        return

    def choose() -> None:
        name = (st.session_state._model or "").strip()
        if may_load(name):
            put(model=name)
        elif name:
            st.session_state.refused = {"model": refusal_message(name)}

    st.session_state._model = chosen()["model"]
    st.selectbox("Model", options, key="_model", on_change=choose, format_func=option_label, width=330,
                 label_visibility="collapsed", accept_new_options=is_local_only())  # fmt: skip


def option_label(name: str) -> str:
    """A model's title, with its size and licence where the catalogue lists them."""
    entry = offered_models()[name].entry if name in offered_models() else None
    return f"{entry.title} · {format_size(entry.size)} · {entry.licence}" if entry else title_of(name)


def download_panel(name: str) -> None:
    """A model that is not loaded yet: the offer to download it, the progress, or the error."""
    job = job_for(name)
    with st.container(border=True, key="wanted"):
        if job.running:
            download_progress(name)
        elif job.problem:
            st.warning(escape_markdown(job.problem))
            download_buttons(name, "Try again")
        else:
            if job.plan is None:
                with st.spinner("Contacting the model hub …"):
                    model_cache().plan_download(job)
            if job.plan is None:
                st.rerun()
            else:
                st.write(download_text(title_of(name), job.plan.size, job.plan.downloaded))
                if name in offered_models() and (entry := offered_models()[name].entry):
                    st.caption(f"{entry.purpose} {entry.look}")
                download_buttons(name, "Download")


def download_buttons(name: str, go: str) -> None:
    """Start the download of a model, or dismiss it."""
    with st.container(horizontal=True):
        st.button(go, key="wanted_go", type="primary", on_click=start_loading, args=(name,))
        if name != DEFAULT_SELECTION["model"]:
            st.button("Close", key="wanted_close", on_click=dismiss, args=(name,))


def start_loading(name: str) -> None:
    """Load a model from the disk, or download it once the size of the download was shown."""
    job = job_for(name)
    job.problem = ""
    if not model_cache().load_local(job) and not job.problem and job.plan:
        model_cache().download(job)


def dismiss(name: str) -> None:
    """Give up a model that is not loaded."""
    for key in ("wanted", "job"):
        st.session_state.pop(key, None)
    if chosen()["model"] == name:
        put_only(model=DEFAULT_SELECTION["model"])


@st.fragment(run_every=REFRESH_DOWNLOAD)
def download_progress(name: str) -> None:
    """The progress of a download, and a button that stops it."""
    job, page = job_for(name), st.session_state.setdefault("page", uuid.uuid4().hex)
    if not job.running:
        st.rerun()
    job.mark_waiting(page)
    st.progress(*progress_bar(title_of(name), job))
    if st.button("Cancel", key="wanted_cancel", disabled=job.stopping):
        if not job.stop_waiting(page):
            dismiss(name)
        st.rerun()


def progress_bar(title: str, job: Job) -> tuple[float, str]:
    """A progress bar's value, from 0 to 1, and its text."""
    now = job.progress
    if job.stopping:
        return 0.0, f"{escape_markdown(title)}: stopping …"
    if now is None:
        return 0.0, f"{escape_markdown(title)}: contacting the model hub …"
    if now.done >= now.total:
        return 1.0, f"{escape_markdown(title)}: loading …"
    return now.done / now.total, f"Downloading {escape_markdown(title)}: {progress_text(now)}"


def progress_text(now: Progress) -> str:
    """The progress of a download in words: bytes, speed and the time left."""
    size = f"{format_size(now.done)} of {format_size(now.total)}"
    if now.seconds_left is None:
        return f"{size} · waiting"
    minutes, seconds = divmod(round(now.seconds_left), 60)
    return f"{size} · {format_size(now.speed)}/s · {f'{minutes} min ' if minutes else ''}{seconds} s left"


def download_text(title: str, size: int, arrived: int) -> str:
    """The size of a download, before it starts."""
    kept = f" {format_size(arrived)} of it has already arrived." if arrived >= size / 100 else ""
    return f"**{escape_markdown(title)}** is not on this machine: {format_size(size)} to download.{kept}"
