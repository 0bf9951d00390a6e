"""The image that a model reads: a drawn one, which the address can contain, or an uploaded one, which it cannot."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import attention_core as ac
from attention_core.errors import InputError
from attention_core.surrogates import without_surrogates
from ui.shared.fields import DEFAULT_SELECTION, UPLOAD
from ui.shared.markdown import escape_markdown
from ui.shared.pictures import DRAWN_PICTURES, MAX_MEGABYTES, read_picture
from ui.shared.runs import image_run
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
        upload_box()
    with st.container():
        if mine and chosen()["image"] == UPLOAD:
            notes = [*mine.notes, "Your image stays in this session: the address of this page does not contain it."]
            st.caption(" ".join(notes))
    return row


def upload_box() -> None:
    """The upload, with the reason where a file is refused; after an upload it is closed and empty again."""
    key = f"upload_{st.session_state.setdefault('uploads', 0)}"
    # A popover that reports when it is closed would cancel the click on a link that closes it.
    with st.popover("Upload", key=f"{key}_popover"):
        # All file types are accepted here, since the reader's refusal names the file and the reason.
        file = st.file_uploader(f"PNG or JPEG image, at most {MAX_MEGABYTES} MB", key=key,
                                on_change=take_upload, args=(key,), max_upload_size=MAX_MEGABYTES)  # fmt: skip
        refused, reason = st.session_state.get("refused_upload", ("", ""))
        if file is not None and file.file_id == refused:
            st.warning(reason)


def take_upload(key: str) -> None:
    """Show the uploaded image, or the reason beside the upload why it is refused; then the image on screen stays."""
    file = st.session_state.get(key)  # None for a removed file, and on a page that no longer has this upload
    if file is None:
        return
    name = without_surrogates(file.name)
    try:
        notes = read_picture(file.getvalue()).notes
    except InputError as error:
        st.session_state.refused_upload = file.file_id, f"{escape_markdown(name)}: {error}"
        return
    st.session_state.uploaded = Uploaded(name, file.getvalue(), notes)
    st.session_state.uploads += 1  # a new upload box is closed, where the open one would cover the image
    put(image=UPLOAD)


def image_title() -> str:
    """The title of the chosen image."""
    mine = uploaded()
    return mine.name if mine and chosen()["image"] == UPLOAD else DRAWN_PICTURES[chosen()["image"]][0]


def get_image_trace(model: ac.ImageModel, place: DeltaGenerator | None = None) -> ac.Trace:
    """The trace of the chosen image, resized to the model's input.

    place: where the page says that it waits
    """
    mine, name = uploaded(), chosen()["image"]
    if name == UPLOAD and mine:
        digest = hashlib.sha256(mine.content).hexdigest()
        return image_run(model, digest, lambda: read_picture(mine.content).pixels, place)
    return image_run(model, name, DRAWN_PICTURES[name][1], place)
