"""What the server does when it starts."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest
from streamlit.watcher.polling_path_watcher import PollingPathWatcher

from tests.paths import ROOT
from tests.ports import own_port
from ui import server
from ui.shared.fields import DEFAULT_SELECTION
from ui.shared.models import model_cache
from ui.shared.offer import MODELS_VARIABLE


def has_no_delay(connection):
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_connections_to_the_server_have_no_nagle_delay(family):
    with socket.socket(family) as listener, contextlib.ExitStack() as others:  # as Streamlit makes its own
        try:
            listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        except OSError:
            pytest.skip("this machine has no such addresses")
        listener.listen()
        assert listener in server.tcp_sockets()
        server.disable_nagle(listener)
        others.enter_context(socket.create_connection(listener.getsockname()[:2]))
        accepted = others.enter_context(listener.accept()[0])
        assert has_no_delay(accepted)


def test_other_sockets_are_left_alone():
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        closed = socket.socket()
        closed.close()
        assert not {datagrams, closed} & set(server.tcp_sockets())
        server.disable_nagle(datagrams)  # the system refuses it, and that is ignored


def test_no_watcher_of_streamlit_reads_its_files_again_and_again(tmp_path):
    changed, path = [], tmp_path / "config.toml"
    PollingPathWatcher(str(path), changed.append, allow_nonexistent=True)
    server.close_watchers()
    path.write_text("[server]")
    time.sleep(0.7)
    assert not changed


@pytest.mark.parametrize("kind", ["websocket", "http"])
def test_a_page_waits_until_its_code_is_imported_but_not_its_files(monkeypatch, kind):
    imported, order = threading.Event(), []
    monkeypatch.setattr(server, "IMPORTED", imported)

    async def answer(*_):
        order.append("answer")

    async def ask():
        asked = asyncio.create_task(server.AfterImports(answer)({"type": kind}, None, None))
        await asyncio.sleep(0.05)
        order.append("import")
        imported.set()
        await asked

    asyncio.run(ask())
    assert order == (["import", "answer"] if kind == "websocket" else ["answer", "import"])


def test_pages_open_where_their_code_cannot_be_imported(monkeypatch):
    imported = threading.Event()
    monkeypatch.setattr(server, "IMPORTED", imported)
    monkeypatch.setattr(server, "import_module", Mock(side_effect=ImportError))
    with pytest.raises(ImportError):
        server.preload()
    assert imported.is_set()


START = """
import asyncio, os, sys
import app
from ui import server

said = []
server.preload = lambda: said.append(("numpy" in sys.modules, os.environ["OPENBLAS_THREAD_TIMEOUT"]))

async def start():
    async with server.lifespan(None):
        while not said:
            await asyncio.sleep(0.01)
    print(*said[0])

asyncio.run(start())
"""


@pytest.mark.parametrize(("given", "expected"), [({}, server.BUSY_WAIT), ({"OPENBLAS_THREAD_TIMEOUT": "20"}, "20")])
def test_the_thread_timeout_is_set_before_numpy_is_imported(given, expected):
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_THREAD_TIMEOUT"}
    env |= {"STREAMLIT_SERVER_HEADLESS": "true"} | given
    ran = subprocess.run([sys.executable, "-c", START], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert f"False {expected}\n" in ran.stdout, ran.stderr


@pytest.mark.parametrize("headless", [True, False])
def test_a_start_loads_the_default_model_and_opens_a_browser_unless_headless(monkeypatch, headless):
    opened, options = [], {"server.headless": headless, "server.address": "localhost"}
    monkeypatch.setattr(server, "open_browser", opened.append)
    monkeypatch.setattr(server.st, "get_option", options.__getitem__)
    model_cache().models.pop(DEFAULT_SELECTION["model"], None)

    async def start():
        async with server.lifespan(None):
            for _ in range(600):
                if DEFAULT_SELECTION["model"] in model_cache().models:
                    return True
                await asyncio.sleep(0.05)
        return False

    with ThreadPoolExecutor(1) as other:  # a browser test may have an event loop in this thread
        assert other.submit(lambda: asyncio.run(start())).result()
    assert [url.startswith("http://localhost:") for url in opened] == [True] * (not headless)


def test_a_start_names_the_listed_entries_that_are_ignored(monkeypatch, capsys):
    monkeypatch.setenv(MODELS_VARIABLE, "~nosuchuser/x,owner/name,a=")
    server.preload()
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[1].strip() for line in said] == ["'~nosuchuser/x' is ignored", "'a=' is ignored"]


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        (None, ["localhost", "192.0.2.7"]),
        ("0.0.0.0", ["localhost", "192.0.2.7"]),
        ("::", ["localhost", "192.0.2.7"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("::1", ["[::1]"]),
        ("lab.example", ["lab.example"]),
    ],
)
def test_it_prints_the_urls_of_the_pages(monkeypatch, address, hosts):
    monkeypatch.setattr(server.st, "get_option", {"server.address": address}.__getitem__)
    monkeypatch.setattr(server, "get_internal_ip", lambda: "192.0.2.7")
    assert [url.split("://")[1].rsplit(":", 1)[0] for url in server.server_urls()] == hosts


def printed_at_start(home, *options, opened=None):
    """The server's output on a machine where Streamlit never ran, until it listens and has opened a browser."""
    log, port = home / "log", own_port()
    environment = os.environ | {"HOME": str(home), "PATH": f"{home}{os.pathsep}{os.environ['PATH']}"}
    with log.open("w") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", *options],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip
    try:
        for _ in range(600):
            said = log.read_text()
            if ("\n" in said and (not opened or opened.exists())) or started.poll() is not None:
                break
            time.sleep(0.05)
    finally:
        started.terminate()
        started.wait(10)
    return port, said


def test_a_server_on_all_addresses_asks_no_other_machine_for_its_own(tmp_path):
    port, said = printed_at_start(tmp_path)
    assert said.startswith(f"Attention Lab is at http://localhost:{port} and ")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a browser is not opened by xdg-open")
def test_a_first_start_asks_for_no_input_and_opens_a_browser(tmp_path):
    browser, opened = tmp_path / "xdg-open", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    port, said = printed_at_start(tmp_path, "--server.headless=false", "--server.address=localhost", opened=opened)
    assert said.startswith(f"Attention Lab is at http://localhost:{port}\n")
    assert opened.read_text() == f"http://localhost:{port}\n"
