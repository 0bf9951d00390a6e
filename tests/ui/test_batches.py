"""The messages of a run reach the event loop in order, together, and no later than the run's end."""

import asyncio

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from ui import batches


class Session:
    """What the batches use of a session; keeps the names of the events that were handled, and each wake of the loop."""

    def __init__(self, loop):
        self._event_loop, self.handled, self.wakes = loop, [], 0

    def _call_soon_on_event_loop(self, callback):
        self.wakes += 1
        self._event_loop.call_soon_threadsafe(callback)

    def _handle_scriptrunner_event_on_event_loop(self, sender, event, forward_msg=None):
        self.handled.append(forward_msg or event.name)


@pytest.fixture
def on_event(monkeypatch):
    monkeypatch.setattr(AppSession, "_on_scriptrunner_event", None)
    batches.batch_messages()

    def send(session, event, message=None):
        details = {"event": event} | ({"forward_msg": message} if message else {})
        AppSession._on_scriptrunner_event(session, "runner", **details)

    return send


def test_a_run_wakes_the_loop_when_it_begins_to_send_and_when_it_ends(on_event):
    async def run():
        session = Session(asyncio.get_running_loop())

        def script():
            for i in range(40):
                on_event(session, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, f"message {i}")
            on_event(session, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)

        await asyncio.to_thread(script)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return session

    session = asyncio.run(run())
    assert session.handled == [*(f"message {i}" for i in range(40)), "SCRIPT_STOPPED_WITH_SUCCESS"]
    assert session.wakes == 2


def test_a_message_of_a_long_run_does_not_wait_for_its_end(on_event, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_TIME", 0.02)

    async def run():
        session = Session(asyncio.get_running_loop())
        on_event(session, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, "first")
        await asyncio.sleep(0.005)
        early = list(session.handled)
        await asyncio.sleep(0.05)
        return early, session.handled

    assert asyncio.run(run()) == ([], ["first"])


def test_streamlit_has_the_names_that_the_batches_use():
    names = {"_on_scriptrunner_event", "_call_soon_on_event_loop", "_handle_scriptrunner_event_on_event_loop"}
    assert names <= set(dir(AppSession))
