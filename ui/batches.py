"""The messages of a script's run, which reach the event loop in batches.

Streamlit wakes the event loop for each message, some 35 an action. Each wake lets go of Python's interpreter lock,
which the script's thread and the loop then pass to and fro.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

BATCH_TIME = 0.01  # seconds from the first message of a batch until it is sent, unless the run ends before


def batch_messages() -> None:
    """Let all sessions that are opened from now on handle the events of their runs in batches, in the same order."""

    def on_event(session: AppSession, *event: Any, **details: Any) -> None:
        events: deque[Any] = session.__dict__.setdefault("_attention_lab_events", deque())
        events.append((event, details))

        def handle() -> None:
            while events:
                event, details = events.popleft()
                session._event_loop.call_soon(
                    partial(session._handle_scriptrunner_event_on_event_loop, *event, **details)
                )

        if details.get("event") is not ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
            session._call_soon_on_event_loop(handle)
        elif len(events) == 1:
            session._call_soon_on_event_loop(partial(handle_later, session, handle))

    def handle_later(session: AppSession, handle: Callable[[], None]) -> None:
        session._event_loop.call_later(BATCH_TIME, handle)

    AppSession._on_scriptrunner_event = on_event  # type: ignore[method-assign,assignment]
