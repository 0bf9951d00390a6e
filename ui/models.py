"""Models and traces, kept between reruns and shared by everybody who looks at the same thing."""

import threading
from dataclasses import dataclass, field

import streamlit as st

import attention_core as ac


@dataclass
class Shelf:
    """The models that are loaded, and a lock so that each is loaded once."""

    models: dict[str, ac.Model] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The one shelf of this server."""
    return Shelf()


def get_model(name: str) -> ac.Model:
    """A loaded model; while it is loaded or downloaded the page says so. AttentionLabError when it cannot be had."""
    if name not in shelf().models:
        place = st.empty()
        with shelf().lock:
            if name not in shelf().models:
                place.progress(0.0, "Loading the model …")

                def show(file: str, done: int, total: int) -> None:
                    share = min(done / total, 1.0) if total else 0.0
                    place.progress(share, f"Downloading {file}: {done / 1e6:.1f} of {total / 1e6:.1f} MB")

                shelf().models[name] = ac.load(name, progress=show)
        place.empty()
    return shelf().models[name]


@st.cache_resource(max_entries=64, show_spinner=False)
def get_trace(name: str, text: str) -> ac.Trace:
    """The trace of a text under a model that is loaded already; InputError when the text is too long."""
    return shelf().models[name].trace(text)
