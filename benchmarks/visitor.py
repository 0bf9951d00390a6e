"""A visitor of the application without a browser: it speaks Streamlit's protocol over a websocket, as a page does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0  # seconds for one run of the script
PATH, PROTOCOL = "/_stcore/stream", "streamlit"  # of the websocket
VALUES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "text_input": lambda w: {"string_value": w.value if w.set_value else w.default},
    "text_area": lambda w: {"string_value": w.value if w.set_value else w.default},
    "number_input": lambda w: {"double_value": w.value if w.set_value else w.default},
    "checkbox": lambda w: {"bool_value": w.value if w.set_value else w.default},
    "slider": lambda w: {"double_array_value": {"data": w.value if w.set_value else w.default}},
    "selectbox": lambda w: {"string_value": w.raw_value if w.set_value else w.options[w.default]},
    "multiselect": lambda w: {
        "string_array_value": {"data": w.raw_values if w.set_value else [w.options[i] for i in w.default]}
    },
    "button_group": lambda w: {
        "string_array_value": {"data": w.raw_values if w.set_value else [w.options[i].content for i in w.default]}
    },
}
"""The state that the page reports for a widget as it was drawn, by the kind of the widget."""


class VisitError(Exception):
    """The server answered with an error, or not at all."""


class Page:
    """What a page keeps between messages: it writes those to the server, and reads the server's.

    query:      the query of the page's address
    elements:   every element drawn so far that has an id, by the key that the script gave it, as protobuf messages
    drawn:      the elements of the last run, in the order in which they came
    session_id: the session's ID on the server
    sent:       the number of messages sent
    received:   the number of messages received, and their bytes
    """

    def __init__(self, name: str, query: str) -> None:
        self.name, self.query = name, query
        self.session_id = self._hash = self._fragment = ""
        self.elements: dict[str, Any] = {}
        self.drawn: list[Any] = []
        self.sent, self.received = 0, (0, 0)
        self._fragments: dict[str, str] = {}
        self._states: dict[str, WidgetState] = {}
        self._large: dict[str, tuple[ForwardMsg, int]] = {}  # by their hash, with the number of runs since their last
        self._max_age = 0

    def opening(self) -> bytes:
        """The message that runs the page's script for the first time."""
        return self._written(BackMsg(rerun_script={"page_name": self.name}))

    def change(self, key: str, **value: Any) -> bytes:
        """The message of a widget that is changed.

        value: its value by the name of its field in `WidgetState`, as string_value="…"
        """
        state = WidgetState(id=self.elements[key].id, **value)
        self._states[state.id] = state
        return self._rerun(key, state)

    def trigger(self, key: str, event: str, value: Any) -> bytes:
        """The message of a component's event."""
        id = f"$$STREAMLIT_INTERNAL_KEY_{self.elements[key].id}__events"
        payload = json.dumps([{"event": event, "value": value}])
        return self._rerun(key, WidgetState(id=id, json_trigger_value=payload))

    def data(self, key: str) -> Any:
        """The data of a component that receives JSON, as a list or as bytes."""
        component = self.elements[key]
        return json.loads(component.json)[0] if component.WhichOneof("data") == "json" else json.loads(component.bytes)

    def read(self, raw: bytes) -> bool:
        """Take over a message of the server; returns whether it ends a run that nothing follows.

        Raises VisitError if it shows an error.
        """
        self.received = self.received[0] + 1, self.received[1] + len(raw)
        message = ForwardMsg.FromString(raw)
        match message.WhichOneof("type"):
            case "delta":
                if message.delta.WhichOneof("type") == "new_element":
                    self._draw(message)
            case "ref_hash":
                if message.ref_hash not in self._large:
                    raise VisitError("the server refers to an element that it has not sent")
                self._draw(self._large[message.ref_hash][0])
            case "new_session":
                self.drawn = []
                self.session_id = message.new_session.initialize.session_id
                self._hash = message.new_session.page_script_hash
                self._max_age = message.new_session.config.max_cached_message_age
            case "navigation":
                self._hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise VisitError("the script does not compile")
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._forget_large()
                    return True
        return False

    def _rerun(self, key: str, changed: WidgetState) -> bytes:
        script = {"fragment_id": self._fragments[key], "cached_message_hashes": list(self._large)}
        message = BackMsg(rerun_script=script)
        others = (state for id, state in self._states.items() if id != changed.id)
        message.rerun_script.widget_states.widgets.extend([*others, changed])
        return self._written(message)

    def _written(self, message: BackMsg) -> bytes:
        script = message.rerun_script
        script.query_string, script.page_script_hash = self.query, self._hash
        script.context_info.color_scheme = "light"
        self.sent += 1
        self._fragment = script.fragment_id
        return message.SerializeToString()

    def _draw(self, message: ForwardMsg) -> None:
        kind = message.delta.new_element.WhichOneof("type")
        element = getattr(message.delta.new_element, kind)
        if kind == "exception":
            raise VisitError(f"{element.type}: {element.message}")
        if kind == "alert" and element.format == element.ERROR:
            raise VisitError(element.body)
        if message.metadata.cacheable:
            self._large[message.hash] = message, 0
        self.drawn.append(element)
        id = getattr(element, "id", "")
        if id:
            key = id.split("-", 2)[-1]  # $$ID-<hash>-<key>
            self.elements[key], self._fragments[key] = element, message.delta.fragment_id
            if kind in VALUES and (id not in self._states or element.set_value):
                self._states[id] = WidgetState(id=id, **VALUES[kind](element))

    def _forget_large(self) -> None:
        """Forget the large elements that the last runs did not draw, as a page does.

        A fragment's run draws only that fragment's.
        """
        for hash, (message, age) in list(self._large.items()):
            if self._fragment not in ("", message.delta.fragment_id):
                continue
            if age < self._max_age:
                self._large[hash] = message, age + 1
            else:
                del self._large[hash]


class Visitor(Page):
    """An open page that shares a thread with others; create it with `visit`.

    Each action waits for the end of the script, and returns the milliseconds that it took.
    """

    def __init__(self, connection: ClientConnection, name: str, query: str) -> None:
        super().__init__(name, query)
        self._connection = connection

    async def open(self) -> float:
        """Run the page's script for the first time."""
        return await self._run(self.opening())

    async def set_widget(self, key: str, **value: Any) -> float:
        """Change a widget; see `Page.change`."""
        return await self._run(self.change(key, **value))

    async def trigger_event(self, key: str, event: str, value: Any) -> float:
        """Trigger an event of a component."""
        return await self._run(self.trigger(key, event, value))

    async def close(self) -> None:
        """Close the page."""
        await self._connection.close()

    async def _run(self, message: bytes) -> float:
        start = time.perf_counter()
        await self._connection.send(message)
        async with asyncio.timeout(PATIENCE):
            while not self.read(await self._connection.recv(decode=False)):
                pass
        return 1000 * (time.perf_counter() - start)


async def visit(url: str, page: str = "", query: str = "") -> Visitor:
    """Open a page and wait until it is drawn.

    url:   of the server, as http://127.0.0.1:8600
    page:  the name of the page in its address; empty for the first page
    query: the query of its address
    """
    stream = f"{url.replace('http', 'ws', 1)}{PATH}"
    visitor = Visitor(await connect(stream, subprotocols=[PROTOCOL], max_size=None), page, query)
    await visitor.open()
    return visitor
