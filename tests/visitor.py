"""A visitor without a browser: speaks Streamlit's protocol with a running server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from typing import Any, Self
from urllib.parse import quote, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE = 60  # seconds until an answer counts as missing


class Visitor:
    """One session on a page.

    origin, host: what the browser says of the page that opens the session; by default, the server's own

    messages:   the messages of the last run of the page's script, cached ones left out
    elements:   widget ID -> the widget as it was last sent
    fragments:  fragment ID of each widget in `elements`
    states:     what this visitor typed or chose, sent with each action as a browser does
    session_id: the session's ID on the server
    """

    def __init__(
        self, url: str, page: str = "", query: str = "", origin: str | None = None, host: str | None = None
    ) -> None:
        self.url, self.page, self.query = url, page, query
        self.messages: list[ForwardMsg] = []
        self.elements: dict[str, Any] = {}
        self.states: dict[str, WidgetState] = {}
        self.fragments: dict[str, str] = {}
        self.session_id = self.page_hash = ""
        self.origin, self.host = url if origin is None else origin, host or urlsplit(url).netloc

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            server = urlsplit(self.url)
            connection = connect(
                f"ws://{self.host}/_stcore/stream", address=(server.hostname, server.port),
                additional_headers={"Origin": self.origin}, subprotocols=["streamlit"], max_size=None,
                compression=None, open_timeout=PATIENCE,
            )  # fmt: skip
            self.socket = stack.enter_context(connection)
            self.open()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def open(self) -> None:
        """Open the page."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        self.send(message)
        self.receive()

    def act(self, *states: WidgetState, fragment: str = "") -> None:
        """Change widgets, and wait until the page has answered."""
        self.change(*states, fragment=fragment)
        self.receive()

    def change(self, *states: WidgetState, fragment: str = "") -> None:
        """Change widgets."""
        self.states |= {each.id: each for each in states if not each.HasField("json_trigger_value")}
        sent = self.states | {each.id: each for each in states}
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page_hash
        message.rerun_script.fragment_id = fragment
        message.rerun_script.widget_states.widgets.extend(sent.values())
        self.send(message)

    def choose_cell(self, query: int, key: int) -> None:
        """Click a cell of the heatmap."""
        state, fragment = self.component_event("heatmap", "pick", {"query": query, "key": key})
        self.act(state, fragment=fragment)

    def component_event(self, key: str, event: str, value: object) -> tuple[WidgetState, str]:
        """An event of a component, and the fragment that it reruns."""
        found = next(id for id in self.elements if id.endswith(f"-{key}"))
        self.states[found] = WidgetState(id=found, json_value="{}")
        state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{found}__events")
        state.json_trigger_value = json.dumps([{"event": event, "value": value}])
        return state, self.fragments[found]

    def typed(self, text: str, label: str = "Sentence") -> WidgetState:
        """The state of a text input with a text typed into it."""
        found = next(id for id, element in self.elements.items() if getattr(element, "label", "") == label)
        return WidgetState(id=found, string_value=text)

    def clear_caches(self) -> None:
        """Clear what Streamlit caches for all sessions."""
        self.send(BackMsg(clear_cache=True))

    def send(self, message: BackMsg) -> None:
        """Send a message."""
        self.socket.send(message.SerializeToString())

    def receive(self, until: Callable[[ForwardMsg], bool] = lambda each: each.HasField("script_finished")) -> None:
        """Read messages until one that is asked for; by default, until the script has finished."""
        self.messages = []
        while True:
            message = ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE))
            self.messages.append(message)
            if message.HasField("new_session"):
                self.session_id = message.new_session.initialize.session_id
                self.page_hash = message.new_session.page_script_hash
            elif message.HasField("page_info_changed"):
                self.query = message.page_info_changed.query_string
            elif message.HasField("delta") and message.delta.HasField("new_element"):
                element = getattr(message.delta.new_element, message.delta.new_element.WhichOneof("type"))
                if id := getattr(element, "id", ""):
                    self.elements[id], self.fragments[id] = element, message.delta.fragment_id
            if until(message) and not (
                message.HasField("script_finished") and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return

    def texts(self) -> list[str]:
        """The texts, notes and errors of the last run."""
        elements = [each.delta.new_element for each in self.messages if each.HasField("delta")]
        return [
            getattr(element, kind).body for element in elements
            for kind in ("markdown", "html", "alert") if element.HasField(kind)
        ]  # fmt: skip


def address(text: str) -> str:
    """The query of a page's address for a sentence."""
    return f"text={quote(text)}"


def upload(url: str, session_id: str, file_id: str, content: bytes, **headers: str) -> int:
    """Upload a file as a page does; returns the response's status.

    headers: sent in addition or instead
    """
    with urllib.request.urlopen(f"{url}/_stcore/health") as response:
        cookie = (response.headers["Set-Cookie"] or "").split(";")[0]
    boundary = "attention-lab"
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    body = start.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    sent = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Cookie": cookie,
            "X-Xsrftoken": cookie.partition("=")[2], "Origin": url}  # fmt: skip
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            connection.request("PUT", f"/_stcore/upload_file/{session_id}/{file_id}", body, sent | headers)
        return connection.getresponse().status
