"""What the server does when it starts, before the first page is requested."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import cast

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.cli_util import open_browser
from streamlit.config import set_option
from streamlit.net_util import get_internal_ip
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.watcher.polling_path_watcher import PollingPathWatcher
from streamlit.web.server.server_util import get_display_address, get_url

from ui.access import ENTRIES, embedding_origins, ignored_access
from ui.batches import batch_messages
from ui.bounds import bound_messages, bound_uploads, bound_widgets

BUSY_WAIT = "24"
"""How long NumPy's threads spin while they wait for the next matrix product: 2^24 cycles, about 7 ms.

OpenBLAS reads it when NumPy is first imported, which is after the server starts. 7 ms bridges the work between the
products of a run. By default the threads spin for a tenth of a second after each run and take that time from the page
and from other people's runs: a click then takes 190 ms instead of 140.
"""

IMPORTED = threading.Event()
"""Set once the pages' code is imported."""


class AfterImports:
    """Middleware that holds the pages' websockets until their code is imported; files are served meanwhile.

    Several threads that import the same packages for the first time, in different orders, can end in a deadlock, which
    Python breaks by an error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        while scope["type"] == "websocket" and not IMPORTED.is_set():
            await asyncio.sleep(0.01)
        await self.app(scope, receive, send)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Everything to do once, while the server already listens."""
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", BUSY_WAIT)
    for listener in tcp_sockets():
        disable_nagle(listener)
    close_watchers()
    if embedding_origins():  # its cookie does not reach a frame in another site's page; `Access` checks the origin
        set_option("server.enableXsrfProtection", False)
    batch_messages()
    bound_messages()
    bound_widgets()
    if runtime.exists():
        bound_uploads(cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr))
    threading.Thread(target=preload, daemon=True).start()
    urls = server_urls()
    print(f"Attention Lab is at {' and '.join(urls)}", flush=True)
    if not st.get_option("server.headless"):
        open_browser(urls[0])
    yield


def show_failure(_: Exception) -> bool:
    """Show a visitor that an unexpected error occurred; Streamlit has logged its details."""
    st.error("Something went wrong here; the server's log says why.")
    return True


def server_urls() -> list[str]:
    """The URLs of the pages: one, or the local and the network one where the server listens on all addresses."""
    address = st.get_option("server.address")
    hosts = [address] if address and get_display_address(address) == address else ["localhost", get_internal_ip()]
    return [get_url(f"[{host}]" if ":" in host else host) for host in hosts if host]


def tcp_sockets() -> list[socket.socket]:
    """The open TCP sockets of this process: when the server starts, the one it listens on."""
    sockets = [thing for thing in gc.get_objects() if type(thing) is socket.socket and thing.fileno() >= 0]
    internet = (socket.AF_INET, socket.AF_INET6)
    return [sock for sock in sockets if sock.family in internet and sock.type == socket.SOCK_STREAM]


def disable_nagle(listener: socket.socket) -> None:
    """Turn off Nagle's algorithm for all connections that a listening socket accepts.

    Streamlit creates its socket without naming a protocol, so asyncio does not recognize it as TCP and leaves Nagle's
    algorithm on: each response with one of a page's sixty files then waits 40 ms for the browser's acknowledgement.
    Connections inherit the option. On a system that refuses it, pages load as slowly as without it.
    """
    with suppress(OSError):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def close_watchers() -> None:
    """Stop reading Streamlit's configuration files five times a second; `fileWatcherType` does not apply to them."""
    for watcher in [thing for thing in gc.get_objects() if type(thing) is PollingPathWatcher]:
        watcher.close()


def preload() -> None:
    """Import the pages' code and load the default model while the browser is still loading its own code."""
    try:
        import_module("ui.inspect.page")
    finally:
        IMPORTED.set()
    from ui.shared.fields import DEFAULT_SELECTION
    from ui.shared.model_cache import Job
    from ui.shared.models import model_cache
    from ui.shared.offer import MODELS_VARIABLE, ignored_entries
    from ui.shared.product_threads import PRODUCT_THREADS

    PRODUCT_THREADS.use(1)
    for entry in ignored_entries():
        print(f"{MODELS_VARIABLE}: {entry!r} is ignored: not a catalogue name, hub id or folder", flush=True)
    for variable, entry in ignored_access():
        print(f"{variable}: {entry!r} is ignored: not {ENTRIES[variable]}", flush=True)
    model_cache().load_local(Job(DEFAULT_SELECTION["model"]))
