"""Bounds on the memory that a visitor may take: files, messages, and what Streamlit keeps of replaced widgets."""

from __future__ import annotations

import gc

import uvicorn
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes
from streamlit.runtime.state.common import is_element_id
from streamlit.runtime.state.session_state import WStates
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_FILES = 2  # of a session: a page reads a file as soon as it has arrived
MOST_BYTES = 100_000_000  # of all sessions together
MOST_REPLACED = 2  # of a session: a click may still be on its way to a chart that was just replaced


def bound_uploads(manager: MemoryUploadedFileManager) -> None:
    """Let an upload manager keep only the latest files of each session, and drop those of other sessions when full.

    Streamlit accepts any number of files for a session, whether or not a page asked for one.
    """
    add = manager.add_file

    def add_file(session_id: str, file: UploadedFileRec) -> None:
        add(session_id, file)
        for old in list(manager.file_storage[session_id])[:-MOST_FILES]:
            manager.remove_file(session_id, old)
        for session in list(manager.file_storage):
            if total_bytes(manager) > MOST_BYTES and session != session_id:
                manager.remove_session_files(session)

    manager.add_file = add_file  # type: ignore[method-assign,assignment]


def total_bytes(manager: MemoryUploadedFileManager) -> int:
    """The bytes of the files of all sessions."""
    return sum(len(file.data) for files in manager.file_storage.values() for file in files.values())


def bound_messages() -> None:
    """Let the server refuse a message from a browser while it arrives, if it is longer than `maxWidgetStateSize`.

    Streamlit checks this only after the whole message is in memory, up to the size of its own messages to a browser.
    """
    for config in [thing for thing in gc.get_objects() if type(thing) is uvicorn.Config]:
        config.ws_max_size = get_max_widget_state_size_bytes()


def bound_widgets() -> None:
    """Let Streamlit forget a session's replaced widgets.

    It forgets their values, but keeps their callbacks for as long as the session lives, with the pattern they refer to.
    A chart counts as replaced each time its figure changes, so each click adds one.
    """
    forget_values = WStates.remove_stale_widgets

    def remove_stale_widgets(
        states: WStates, active_widget_ids: frozenset[str], fragment_ids_this_run: list[str] | None
    ) -> None:
        forget_values(states, active_widget_ids, fragment_ids_this_run)
        replaced = [
            id for id, widget in states.widget_metadata.items()
            if is_element_id(id) and id not in active_widget_ids
            and not (fragment_ids_this_run and widget.fragment_id not in fragment_ids_this_run)
        ]  # fmt: skip
        for id in replaced[:-MOST_REPLACED]:
            del states.widget_metadata[id]

    WStates.remove_stale_widgets = remove_stale_widgets  # type: ignore[method-assign,assignment]
