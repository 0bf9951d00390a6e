"""What the server does when it starts, before the first page is asked for."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

import streamlit as st
from streamlit.cli_util import open_browser
from streamlit.net_util import get_internal_ip
from streamlit.web.server.server_util import get_display_address, get_url

BUSY_WAIT = "24"
"""How long NumPy's threads wait busily for their next product: 2^24 cycles, some 7 ms.

OpenBLAS reads it when NumPy is first imported, which nothing has done when the server starts. It bridges the work
between the products of a run. Where nothing is said they take a core for a tenth of a second after each run, from the
page that is drawn from it and from other people's runs: a click then takes 190 ms instead of 140.
"""


@asynccontextmanager
async def starting(_: st.App) -> AsyncIterator[None]:
    """Everything that is done once, while the server already listens."""
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", BUSY_WAIT)
    for each in tcp_sockets():
        send_at_once(each)
    threading.Thread(target=read_ahead, daemon=True).start()
    reached = addresses()
    print(f"Attention Lab is at {' and '.join(reached)}", flush=True)
    if not st.get_option("server.headless"):
        open_browser(reached[0])
    yield


def say_failed(_: Exception) -> bool:
    """What a visitor sees of an error that nothing foresaw; Streamlit has put the whole of it into the log."""
    st.error("Something went wrong here; the server's log says why.")
    return True


def addresses() -> list[str]:
    """Where the pages are: by one address, or on this machine and from others where the server listens to all."""
    only = st.get_option("server.address")
    hosts = [only] if only and get_display_address(only) == only else ["localhost", get_internal_ip()]
    return [get_url(f"[{host}]" if ":" in host else host) for host in hosts if host]


def tcp_sockets() -> list[socket.socket]:
    """The open sockets of this process that send in a stream over a network; at the start, that on which it listens."""
    sockets = [each for each in gc.get_objects() if type(each) is socket.socket and each.fileno() >= 0]
    internet = (socket.AF_INET, socket.AF_INET6)
    return [each for each in sockets if each.family in internet and each.type == socket.SOCK_STREAM]


def send_at_once(listener: socket.socket) -> None:
    """Have all connections of a listening socket send what they have, without waiting for more.

    Streamlit makes its socket without naming a protocol, so asyncio does not see that it is one of TCP and leaves
    Nagle's algorithm on: every answer of a page's sixty files then waits 40 ms for the browser's acknowledgement.
    A connection takes over what is set here. Where a system does not take it, pages come as slowly as without.
    """
    with suppress(OSError):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def read_ahead() -> None:
    """Import the pages' code, and read the model that they open with, while the browser still loads its own code."""
    import_module("ui.inspect.page")
    from ui.shared.fields import DEFAULTS
    from ui.shared.models import shelf
    from ui.shared.offer import VARIABLE, left_out
    from ui.shared.model_cache import Job

    for word in left_out():
        print(f"{VARIABLE}: {word!r} is left out: it names no model of the catalogue, hub id or folder", flush=True)
    shelf().take_from_disk(Job(DEFAULTS["model"]))
