"""The image that a model reads: a drawn one, which the address can contain, or an uploaded one, which it cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.errors import InputError
from attention_core.surrogates import without_surrogates
from ui.shared.fields import DEFAULT_SELECTION, UPLOAD
from ui.shared.markdown import escape_markdown
from ui.shared.pictures import DRAWN_PICTURES, MAX_MEGABYTES, read_picture, resized
from ui.shared.selection import bound, chosen, put, settle


class Uploaded(NamedTuple):
    """An uploaded image, kept for the session as its file, which is smaller than its pixels."""

    name: str
    content: bytes
    notes: tuple[str, ...]


def uploaded() -> Uploaded | None:
    """The uploaded image of this session, None without one."""
    return st.session_state.get("uploaded")


def image_box() -> DeltaGenerator:
    """The choice of a drawn or uploaded image, and the upload; returns their row."""
    mine = uploaded()
    with st.container():  # its own container, so the elements below are not redrawn when a message comes or goes
        if chosen()["image"] == UPLOAD and mine is None:
            settle(image=DEFAULT_SELECTION["image"])
            st.info("This address is for an uploaded image, which an address cannot contain. Upload the image again.")
    titles = {name: title for name, (title, _) in DRAWN_PICTURES.items()} | ({UPLOAD: "Your image"} if mine else {})
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        bound(st.segmented_control, "Image", "image", options=list(titles), required=True,
              format_func=titles.__getitem__, label_visibility="collapsed")  # fmt: skip
        with st.popover("Upload", key="_upload_open", on_change=forget_problem):
            # All file types are accepted here, since the reader's refusal names the file and the reason.
            st.file_uploader(f"PNG or JPEG image, at most {MAX_MEGABYTES} MB",
                             key="upload", on_change=take_upload, max_upload_size=MAX_MEGABYTES)  # fmt: skip
            if problem := st.session_state.get("upload_problem"):
                st.warning(problem)
    with st.container():
        if mine and chosen()["image"] == UPLOAD:
            notes = [*mine.notes, "Your image stays in this session: the address of this page does not contain it."]
            st.caption(" ".join(notes))
    return row


def forget_problem() -> None:
    """Clear the message on a file that could not be read."""
    st.session_state.pop("upload_problem", None)


def take_upload() -> None:
    """Show the uploaded image, or a message beside the upload; then the image on screen stays."""
    file = st.session_state.upload
    forget_problem()
    if file is None:
        return
    name = without_surrogates(file.name)
    try:
        notes = read_picture(file.getvalue()).notes
    except InputError as error:
        st.session_state.upload_problem = f"{escape_markdown(name)}: {error}"
        return
    st.session_state.uploaded = Uploaded(name, file.getvalue(), notes)
    st.session_state._upload_open = False  # it would cover the image
    put(image=UPLOAD)


def image_title() -> str:
    """The title of the chosen image."""
    mine = uploaded()
    return mine.name if mine and chosen()["image"] == UPLOAD else DRAWN_PICTURES[chosen()["image"]][0]


def get_image_trace(model: ac.ImageModel) -> ac.Trace:
    """The trace of the chosen image, resized to the model's input."""
    mine, name = uploaded(), chosen()["image"]
    if name == UPLOAD and mine:
        digest = hashlib.sha256(mine.content).hexdigest()
        return image_trace(model.name, digest, model, lambda: read_picture(mine.content).pixels)
    return image_trace(model.name, name, model, DRAWN_PICTURES[name][1])


@st.cache_resource(max_entries=32, show_spinner=False)
def image_trace(name: str, image: str, _model: ac.ImageModel, _draw: Callable[[], np.ndarray]) -> ac.Trace:
    """The trace of an image, cached by model and image."""
    return _model.trace(resized(_draw(), _model.image))
