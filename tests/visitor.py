"""A visitor without a browser who waits for each answer, says from where they come, and uploads files."""

from __future__ import annotations

import urllib.request
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from typing import Self
from urllib.parse import quote, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect

from benchmarks.visitor import PATH, PATIENCE, PROTOCOL, Page


class Visitor(Page):
    """An open page. Its connection answers the server's pings while a test does other things.

    origin, host: what the browser says of the page that opens the session; by default, the server's own
    """

    def __init__(
        self, url: str, page: str = "", query: str = "", origin: str | None = None, host: str | None = None
    ) -> None:
        super().__init__(page, query)
        self.url = url
        self.origin, self.host = url if origin is None else origin, host or urlsplit(url).netloc

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            server = urlsplit(self.url)
            connection = connect(
                f"ws://{self.host}{PATH}", address=(server.hostname, server.port),
                additional_headers={"Origin": self.origin}, subprotocols=[PROTOCOL], max_size=None,
                compression=None, open_timeout=PATIENCE,
            )  # fmt: skip
            self._socket = stack.enter_context(connection)
            self.act(self.opening())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def act(self, message: bytes) -> None:
        """Send a message, and wait until the page has answered."""
        self.send(message)
        self.receive()

    def typed(self, text: str) -> bytes:
        """The message of another sentence."""
        return self.change("_text", string_value=text)

    def choose_cell(self, query: int, key: int) -> None:
        """Click a cell of the heatmap."""
        self.act(self.trigger("heatmap", "pick", {"query": query, "key": key}))

    def clear_caches(self) -> None:
        """Clear what Streamlit caches for all sessions."""
        self.send(BackMsg(clear_cache=True).SerializeToString())

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._socket.send(message)

    def receive(self) -> None:
        """Read messages until the script has finished."""
        while not self.read(self._socket.recv(timeout=PATIENCE, decode=False)):
            pass


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
