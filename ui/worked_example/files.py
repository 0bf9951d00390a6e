"""Saving a worked example in several formats, and opening a lesson file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from attention_core.errors import AttentionLabError
from attention_core.lessons.export_latex import latex_document
from attention_core.lessons.export_page import html_page
from attention_core.lessons.export_script import script
from attention_core.lessons.export_tables import csv_zip, npz
from attention_core.lessons.lesson_file import LARGEST_FILE, from_json, to_json
from attention_core.lessons.solve import Solution
from attention_core.surrogates import without_surrogates
from ui.worked_example import state


def files_menu(solution: Solution, query: int) -> None:
    """Save the lesson or its solution, or open a lesson file.

    query: the token whose output is derived in full
    """
    lesson = solution.lesson
    formats: tuple[tuple[str, str, str, Callable[[], str | bytes]], ...] = (
        ("Lesson file (JSON)", "lesson.json", "application/json", lambda: to_json(lesson)),
        ("Solution (LaTeX)", "solution.tex", "application/x-tex", lambda: latex_document(solution, query)),
        ("Every matrix (CSV)", "matrices.zip", "application/zip", lambda: csv_zip(solution)),
        ("Every matrix (NPZ)", "matrices.npz", "application/octet-stream", lambda: npz(solution)),
        ("NumPy script", "attention.py", "text/x-python", lambda: script(lesson)),
        ("Web page (HTML)", "solution.html", "text/html", lambda: html_page(solution, query)),
    )
    with st.popover("Save and open"):
        for label, name, kind, make in formats:
            st.download_button(label, make, name, kind, on_click="ignore", width="stretch")
        st.session_state.setdefault("_lesson_upload", 0)
        key = f"_lesson_file_{st.session_state._lesson_upload}"
        st.file_uploader("Open a lesson file", type="json", key=key, on_change=open_file, args=(key,),
                         max_upload_size=LARGEST_FILE // 2**20)  # fmt: skip


def open_file(key: str) -> None:
    """Show the uploaded lesson; a broken file is refused, and the current lesson stays."""
    upload = st.session_state.get(key)
    if upload is None:
        return
    try:
        state.start_file(from_json(upload.getvalue()))
    except AttentionLabError as error:
        st.session_state.lesson_note = f"{without_surrogates(upload.name)} could not be opened: {error}"
    st.session_state._lesson_upload += 1  # an empty uploader, so that the same file can be opened again
