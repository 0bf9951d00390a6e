"""Bounds on what visitors may send to the server, in proportion to what the pages need."""

from __future__ import annotations

import gc

import uvicorn
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_FILES = 2  # of a session: a page reads a file as soon as it has arrived
MOST_BYTES = 100_000_000  # of all sessions together


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

    manager.add_file = add_file  # type: ignore[method-assign]


def total_bytes(manager: MemoryUploadedFileManager) -> int:
    """The bytes of the files of all sessions."""
    return sum(len(file.data) for files in manager.file_storage.values() for file in files.values())


def bound_messages() -> None:
    """Let the server refuse a message from a browser while it arrives, if it is longer than `maxWidgetStateSize`.

    Streamlit checks this only after the whole message is in memory, up to the size of its own messages to a browser.
    """
    for config in [thing for thing in gc.get_objects() if type(thing) is uvicorn.Config]:
        config.ws_max_size = get_max_widget_state_size_bytes()
