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


class Visitor:
    """One open page; create it with `visit`.

    elements: every element drawn so far that has an id, by the key that the script gave it, as protobuf messages
    query:    the query of the page's address
    sent:     the number of messages sent
    received: the number of messages received, and their bytes
    """

    def __init__(self, connection: ClientConnection, page: str, query: str) -> None:
        self.connection = connection
        self.page, self.query = page, query
        self.page_hash = ""
        self.elements: dict[str, Any] = {}
        self.sent, self.received = 0, (0, 0)
        self._fragments: dict[str, str] = {}
        self._states: dict[str, WidgetState] = {}
        self._large: dict[str, tuple[ForwardMsg, int]] = {}  # by their hash, with the number of runs since their last
        self._max_age = 0

    async def open(self) -> float:
        """Run the page's script for the first time; returns the milliseconds it took."""
        return await self._run(BackMsg(rerun_script={"page_name": self.page}))

    async def set_widget(self, key: str, **value: Any) -> float:
        """Change a widget; returns the milliseconds from the message to the end of the script.

        value: its value by the name of its field in `WidgetState`, as string_value="…"
        """
        state = WidgetState(id=self.elements[key].id, **value)
        self._states[state.id] = state
        return await self._rerun(key, state)

    async def press(self, key: str) -> float:
        """Press a button; returns the milliseconds from the message to the end of the script."""
        return await self._rerun(key, WidgetState(id=self.elements[key].id, trigger_value=True))

    async def trigger(self, key: str, event: str, value: Any) -> float:
        """Trigger an event of a component; returns the milliseconds from the message to the end of the script."""
        id = f"$$STREAMLIT_INTERNAL_KEY_{self.elements[key].id}__events"
        payload = json.dumps([{"event": event, "value": value}])
        return await self._rerun(key, WidgetState(id=id, json_trigger_value=payload))

    async def close(self) -> None:
        """Close the page."""
        await self.connection.close()

    def data(self, key: str) -> Any:
        """The data of a component that receives JSON, as a list or as bytes."""
        component = self.elements[key]
        return json.loads(component.json)[0] if component.WhichOneof("data") == "json" else json.loads(component.bytes)

    async def _rerun(self, key: str, changed: WidgetState) -> float:
        script = {"fragment_id": self._fragments[key], "cached_message_hashes": list(self._large)}
        message = BackMsg(rerun_script=script)
        others = (state for id, state in self._states.items() if id != changed.id)
        message.rerun_script.widget_states.widgets.extend([*others, changed])
        return await self._run(message)

    async def _run(self, message: BackMsg) -> float:
        script = message.rerun_script
        script.query_string, script.page_script_hash = self.query, self.page_hash
        script.context_info.color_scheme = "light"
        self.sent += 1
        start = time.perf_counter()
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while not self._read(await self.connection.recv(decode=False)):
                pass
        took = 1000 * (time.perf_counter() - start)
        self._forget_large(script.fragment_id)
        return took

    def _read(self, raw: bytes) -> bool:
        """Take over one message; returns whether it ends a run that nothing follows."""
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
                self.page_hash = message.new_session.page_script_hash
                self._max_age = message.new_session.config.max_cached_message_age
            case "navigation":
                self.page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise VisitError("the script does not compile")
                return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return False

    def _draw(self, message: ForwardMsg) -> None:
        kind = message.delta.new_element.WhichOneof("type")
        element = getattr(message.delta.new_element, kind)
        if kind == "exception":
            raise VisitError(f"{element.type}: {element.message}")
        if kind == "alert" and element.format == element.ERROR:
            raise VisitError(element.body)
        if message.metadata.cacheable:
            self._large[message.hash] = message, 0
        id = getattr(element, "id", "")
        if id:
            key = id.split("-", 2)[-1]  # $$ID-<hash>-<key>
            self.elements[key], self._fragments[key] = element, message.delta.fragment_id
            if kind in VALUES and (id not in self._states or element.set_value):
                self._states[id] = WidgetState(id=id, **VALUES[kind](element))

    def _forget_large(self, fragment: str) -> None:
        """Forget the large elements that the last runs did not draw, as a page does.

        fragment: the fragment that was run, empty for the whole script
        """
        for hash, (message, age) in list(self._large.items()):
            if fragment not in ("", message.delta.fragment_id):
                continue
            if age < self._max_age:
                self._large[hash] = message, age + 1
            else:
                del self._large[hash]


async def visit(url: str, page: str = "", query: str = "") -> Visitor:
    """Open a page and wait until it is drawn.

    url:   of the server, as http://127.0.0.1:8600
    page:  the name of the page in its address; empty for the first page
    query: the query of its address
    """
    stream = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
    visitor = Visitor(await connect(stream, subprotocols=["streamlit"], max_size=None), page, query)
    await visitor.open()
    return visitor
