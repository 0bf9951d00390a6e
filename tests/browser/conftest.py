"""A running application, and a Chromium to drive it.

Without an installed Chromium or Playwright's own, the tests are skipped with a message; with
ATTENTION_LAB_BROWSER=required they fail.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from playwright import sync_api

from tests.paths import ROOT

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def from_checkout(port):
    """The command that serves the application of the checkout."""
    return [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"]


def serving(place, environment, command=from_checkout, cwd=ROOT):
    """Starts the application with a log file; yields its address, then stops it and checks the log."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with place.open("w+") as log:
        server = subprocess.Popen(
            command(port), cwd=cwd, stdout=log, stderr=subprocess.STDOUT, env=os.environ | environment,
        )  # fmt: skip
        try:
            for _ in range(300):
                try:
                    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                        break
                except OSError:
                    time.sleep(0.1)
            else:
                log.seek(0)
                pytest.fail(f"The application did not start: {log.read()[-2000:]}")
            yield url
            log.seek(0)
            assert "Traceback" not in log.read(), "the server raised an error"
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    yield from serving(tmp_path_factory.mktemp("server") / "log", {})


@pytest.fixture(scope="session")
def chromium():
    sync_api.expect.set_options(timeout=20_000)
    with sync_api.sync_playwright() as playwright:
        installed = shutil.which("chromium") or shutil.which("google-chrome")
        try:
            browser = playwright.chromium.launch(executable_path=installed, args=QUIET)
        except sync_api.Error:
            subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=300)
            try:
                browser = playwright.chromium.launch(args=QUIET)
            except sync_api.Error as error:
                if os.environ.get("ATTENTION_LAB_BROWSER") == "required":
                    raise
                print("NO BROWSER: the browser tests are skipped.", file=sys.stderr)
                pytest.skip(f"There is no Chromium, so this page was not tested: {error}")
        yield browser
        browser.close()


@pytest.fixture
def outside():
    """The addresses outside this machine that a page requested."""
    return []


@pytest.fixture
def open_page(chromium, address, outside):
    """Opens a path of the application and waits until the page is complete."""
    pages, errors = [], []

    def go(path="/", *, width=1280, height=800, scheme="light", wait=True):
        page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        pages.append(page)
        page.on("request", lambda request: local(request.url) or outside.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + path)
        if wait:
            page.get_by_role("region", name="Arithmetic").wait_for(timeout=20_000)
            settle(page)
        return page

    def local(url):
        return url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))

    yield go
    for page in pages:
        page.close()
    assert not errors
    assert not outside, f"requests left the machine: {outside}"


def settle(page):
    """Wait until nothing is redrawn: until then an element may be replaced before it is clicked or typed into."""
    for _ in range(3):
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        page.wait_for_timeout(100)
