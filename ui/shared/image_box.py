"""The image that a model reads: a drawn one, which the address can hold, or an uploaded one, which it cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.errors import InputError
from ui.shared.fields import DEFAULTS, UPLOAD
from ui.shared.markdown import plain
from ui.shared.pictures import DRAWN, MOST_MEGABYTES, fitted, read_picture
from ui.shared.selection import bound, chosen, put, settle


class Uploaded(NamedTuple):
    """The image that a person has uploaded: its file, which is smaller than its pixels, kept as long as the session."""

    name: str
    content: bytes
    notes: tuple[str, ...]


def uploaded() -> Uploaded | None:
    """The uploaded image of this session."""
    return st.session_state.get("uploaded")


def image_box() -> DeltaGenerator:
    """The drawn images, the uploaded one where there is one, and the way to upload one; returns their row."""
    mine = uploaded()
    with st.container():  # a place of its own, so that what stands below keeps its own when a message comes or goes
        if chosen()["image"] == UPLOAD and mine is None:
            settle(image=DEFAULTS["image"])
            st.info("This address was made with an uploaded image, which no address can hold: upload it here again.")
    titles = {name: title for name, (title, _) in DRAWN.items()} | ({UPLOAD: "Your image"} if mine else {})
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        bound(st.segmented_control, "Image", "image", options=list(titles), required=True,
              format_func=titles.__getitem__, label_visibility="collapsed")  # fmt: skip
        with st.popover("Upload", key="_upload_open", on_change=forget_problem):
            # Every kind is taken here and refused by what reads it, which says why, and of which file.
            st.file_uploader(f"A PNG or JPEG image of at most {MOST_MEGABYTES} MB",
                             key="upload", on_change=take_upload, max_upload_size=MOST_MEGABYTES)  # fmt: skip
            if problem := st.session_state.get("upload_problem"):
                st.warning(problem)
    with st.container():
        if mine and chosen()["image"] == UPLOAD:
            notes = [*mine.notes, "Your image stays in this session: the address of this page cannot hold it."]
            st.caption(" ".join(notes))
    return row


def forget_problem() -> None:
    """What could not be read before is told no more."""
    st.session_state.pop("upload_problem", None)


def take_upload() -> None:
    """Show what was uploaded, or say beside it why it cannot be shown; what was there stays."""
    file = st.session_state.upload
    forget_problem()
    if file is None:
        return
    try:
        notes = read_picture(file.getvalue()).notes
    except InputError as error:
        st.session_state.upload_problem = f"{plain(file.name)}: {error}"
        return
    st.session_state.uploaded = Uploaded(file.name, file.getvalue(), notes)
    st.session_state._upload_open = False  # it would hide what is shown now
    put(image=UPLOAD)


def image_title() -> str:
    """What the chosen image is called."""
    mine = uploaded()
    return mine.name if mine and chosen()["image"] == UPLOAD else DRAWN[chosen()["image"]][0]


def get_image_trace(model: ac.ImageModel) -> ac.Trace:
    """The trace of the chosen image, brought to the model's size."""
    mine, name = uploaded(), chosen()["image"]
    if name == UPLOAD and mine:
        digest = hashlib.sha256(mine.content).hexdigest()
        return image_trace(model.name, digest, model, lambda: read_picture(mine.content).pixels)
    return image_trace(model.name, name, model, DRAWN[name][1])


@st.cache_resource(max_entries=32, show_spinner=False)
def image_trace(name: str, image: str, _model: ac.ImageModel, _draw: Callable[[], np.ndarray]) -> ac.Trace:
    """The trace of an image, once for each model and image."""
    return _model.trace(fitted(_draw(), _model.image))
