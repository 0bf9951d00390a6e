"""A running application, and a Chromium to drive it.

Without an installed Chromium or Playwright's own, the tests are skipped with a message; with
ATTENTION_LAB_BROWSER=required they fail.
"""

import os
import shutil
import subprocess
import sys

import pytest
from playwright import sync_api

from tests.browser.offered import WRITE
from tests.live import serving

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--process-per-site"]  # fmt: skip


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The application as it comes; a module whose tests need another one has a fixture of this name."""
    yield from serving(tmp_path_factory.mktemp("server") / "log", {})


@pytest.fixture(scope="session")
def offered(tmp_path_factory):
    """The folders of the models that the shared server offers, by what they are offered as."""
    place = tmp_path_factory.mktemp("offered")
    return {title: write(place / title) for title, write in WRITE.items()}


@pytest.fixture(scope="session")
def offering(offered, tmp_path_factory):
    """The application, offering models; for tests that leave it as it was."""
    listed = ",".join(f"{title}={folder}" for title, folder in offered.items())
    yield from serving(tmp_path_factory.mktemp("server") / "log", {"ATTENTION_LAB_MODELS": listed})


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


@pytest.fixture(scope="session")
def warm(chromium):
    """A context for all pages: what they load of the application, and compile, is there for those that come after."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    stays = context.new_page()  # and with it the process that all pages of this machine run in
    stays.route("**/*", lambda route: route.fulfill(body=""))
    stays.goto("http://127.0.0.1/")
    yield context
    context.close()


def forget(context, address):
    """Nothing that a test opened or stored is there for the next one, but the application's own files."""
    stays, *others = context.pages
    for page in others:
        page.close()
    context.clear_cookies()
    context.clear_permissions()
    session = context.new_cdp_session(stays)
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    session.detach()


@pytest.fixture
def outside():
    """The addresses outside this machine that a page requested."""
    return []


@pytest.fixture
def open_page(warm, address, outside):
    """Opens a path of the application and waits until the page is complete."""
    errors = []

    def go(path="/", *, width=1280, height=800, scheme="light", wait=True):
        page = warm.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
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
    forget(warm, address)
    assert not errors
    assert not outside, f"requests left the machine: {outside}"


def settle(page):
    """Wait until nothing is redrawn: until then an element may be replaced before it is clicked or typed into."""
    for _ in range(3):
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        page.wait_for_timeout(100)
