"""Which names, origins and frames the server can be used from.

A page of another site that is open in a visitor's browser can send requests to this server: to an address on the
visitor's own network, or to a name of its own that it points at this server (DNS rebinding). Streamlit checks some of
these requests; here all are checked, those for files, uploads and the health of the server included.

Source: https://owasp.org/www-community/attacks/DNS_Rebinding,
https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html
"""

from __future__ import annotations

import os
import re
import socket
import threading
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS_VARIABLE = "ATTENTION_LAB_HOSTS"
EMBED_VARIABLE = "ATTENTION_LAB_EMBED_IN"
ENTRIES = {
    HOSTS_VARIABLE: "the name of a host, such as lab.school.example",
    EMBED_VARIABLE: "an origin, such as https://lms.school.example",
}
"""What an entry of each variable is."""
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*", re.ASCII)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def entries(variable: str) -> list[str]:
    """The entries of a list in an environment variable, separated by commas."""
    return [entry for part in os.environ.get(variable, "").split(",") if (entry := part.strip().lower().rstrip("./"))]


def listed_hosts() -> set[str]:
    """The names that the server is started for."""
    return {entry for entry in entries(HOSTS_VARIABLE) if NAME.fullmatch(entry)}


def embedding_origins() -> list[str]:
    """The origins of the pages that may frame this application's pages."""
    return [entry for entry in entries(EMBED_VARIABLE) if is_origin(entry)]


def ignored_access() -> list[tuple[str, str]]:
    """The entries that are neither a host's name nor an origin, each with its variable."""
    hosts = [(HOSTS_VARIABLE, entry) for entry in entries(HOSTS_VARIABLE) if entry not in listed_hosts()]
    return hosts + [(EMBED_VARIABLE, entry) for entry in entries(EMBED_VARIABLE) if not is_origin(entry)]


def is_origin(text: str) -> bool:
    """Whether a text is an origin, such as https://lms.school.example."""
    scheme, _, host = text.partition("://")
    return scheme in ("http", "https") and bool(host_name(host))


def own_names() -> set[str]:
    """The names of this machine, and the one that the server listens on."""
    name = socket.gethostname().lower()
    return {"localhost", name, f"{name.partition('.')[0]}.local", (st.get_option("server.address") or "").lower()}


def host_name(host: str) -> str:
    """The name or address in a Host header, in lower case, without the port; empty where it is not valid."""
    if set(host) & set("@/?#"):
        return ""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # ValueError for a port that is not a number
        name = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    return name if is_address(name) or NAME.fullmatch(name) else ""


def is_address(name: str) -> bool:
    """Whether a host is an IP address. Nobody can point an address elsewhere, so every address is accepted."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Access:
    """Middleware that answers only requests to this server's names, from its own pages.

    Its pages may be framed by themselves and by the pages of the origins in ATTENTION_LAB_EMBED_IN.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.names = app, own_names() | listed_hosts()
        threading.Thread(target=self.learn_full_name, daemon=True).start()
        self.frames = " ".join(["frame-ancestors 'self'", *embedding_origins()])

    def learn_full_name(self) -> None:
        """Accept this machine's full name too; a name server may take seconds to answer."""
        self.names.add(socket.getfqdn().lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with the reason."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not (reason := self.refusal(scope)):
            await self.app(scope, receive, self.with_headers(send))
        elif scope["type"] == "http":
            await PlainTextResponse(reason, 403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": reason})

    def refusal(self, scope: Scope) -> str:
        """Why a request is refused; empty where it is not."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not (name := host_name(host)):
            return "This request names no host."
        if name not in self.names and not is_address(name):
            return (f"This server is not known as {name}. If it should be, start it with: attention-lab --host {name}\n"
                    f"or set the environment variable {HOSTS_VARIABLE}={name}")  # fmt: skip
        own = origin is None or urlsplit(origin).netloc.lower() == host.lower()
        if own or scope.get("method") in SAFE_METHODS or origin in st.get_option("server.corsAllowedOrigins"):
            return ""
        return "This request comes from a page of another site."

    def with_headers(self, send: Send) -> Send:
        """Send a response with the rule on frames."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self.frames
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        return send_with_headers
