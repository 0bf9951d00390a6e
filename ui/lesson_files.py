"""What can be taken away from a worked example, and a lesson file that can be opened again."""

from __future__ import annotations

import streamlit as st

from attention_core.errors import AttentionLabError
from attention_core.worked.lesson_file import from_json, to_json
from attention_core.worked.solve import Solution
from ui import lesson as state


def files_menu(solution: Solution) -> None:
    """Save the lesson or its whole solution, or open a lesson file."""
    with st.popover("Save and open"):
        st.download_button("Lesson file (JSON)", lambda: to_json(solution.lesson), "lesson.json", "application/json",
                           on_click="ignore", width="stretch")  # fmt: skip
        st.session_state.setdefault("_lesson_upload", 0)
        key = f"_lesson_file_{st.session_state._lesson_upload}"
        st.file_uploader("Open a lesson file", type="json", key=key, on_change=open_file, args=(key,))


def open_file(key: str) -> None:
    """Show the lesson that was uploaded; a broken file is refused, and what was on screen stays."""
    upload = st.session_state[key]
    if upload is None:
        return
    try:
        state.edit(from_json(upload.getvalue()))
    except AttentionLabError as error:
        st.session_state.lesson_note = f"{upload.name} could not be opened: {error}"
    st.session_state._lesson_upload += 1  # the box is empty again, so that the same file can be opened twice
