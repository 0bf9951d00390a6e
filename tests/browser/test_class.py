"""A class at one server: what a page says while others’ long runs are computed, and a learning platform’s frame."""

import json
import sys
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from attention_core.lessons.lesson_file import to_json
from attention_core.lessons.presets import preset
from tests.browser.conftest import forget
from tests.live import serving
from tests.ports import own_port
from ui.access import EMBED_VARIABLE

pytestmark = pytest.mark.browser

LMS, ANOTHER = (f"http://localhost:{own_port()}" for _ in range(2))  # another site than 127.0.0.1


OCCUPIED = """
import sys, threading, time
from pathlib import Path
from streamlit.web.cli import main

def occupy():
    while "ui.shared.long_runs" not in sys.modules:
        time.sleep(0.1)
    from ui.shared.long_runs import LONG_RUNS
    while True:
        if Path(sys.argv[-1]).exists():
            LONG_RUNS.start(until_free, "somebody else")
            taken = Path(sys.argv[-1] + " taken")
            taken.touch()
            until_free()
            taken.unlink()
        time.sleep(0.1)

def until_free():
    while Path(sys.argv[-1]).exists():
        time.sleep(0.1)

threading.Thread(target=occupy, daemon=True).start()
main(prog_name="streamlit")
"""
"""Serves the application. While the file exists that its last argument names, a run of somebody else is under way, and
another file says so."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """The file that makes the server busy."""
    return tmp_path_factory.mktemp("server") / "busy"


@pytest.fixture(scope="module")
def address(busy):
    """The application, which one site may frame."""

    def command(port):
        return [sys.executable, "-c", OCCUPIED, "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1",
                "--", str(busy)]  # fmt: skip

    yield from serving(busy.parent / "log", {EMBED_VARIABLE: LMS}, command)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_says_that_it_waits_for_the_run_of_somebody_else(open_page, busy, tmp_path, width, scheme):
    page = open_page(width=width, scheme=scheme)
    before = page.locator(".heatmap").get_attribute("data-n")
    busy.touch()
    while not busy.with_name(f"{busy.name} taken").exists():
        time.sleep(0.05)
    try:
        page.get_by_label("Sentence").fill(f"A cat and a {scheme} mat. " * (20 + width // 40))
        page.get_by_label("Sentence").press("Enter")
        page.get_by_text("Waiting for 1 other run …").wait_for()
        expect(page.locator(".heatmap")).to_have_attribute("data-n", before)
        page.screenshot(path=tmp_path / "waiting.png")
    finally:
        busy.unlink()
    expect(page.locator(".heatmap")).not_to_have_attribute("data-n", before)
    expect(page.get_by_text("Waiting for ")).to_have_count(0)
    expect(page.get_by_text("Running the model")).to_have_count(0)


class Framing(BaseHTTPRequestHandler):
    """A page that shows another in a frame: its own path is the address of that page."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<!doctype html><iframe src="{self.path[1:]}" width="1200" height="700"></iframe>'.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def framed(warm, address):
    """A new tab, and the address of another site's page that frames a page of the application."""
    with ExitStack() as stack:

        def go(site, path):
            server = stack.enter_context(ThreadingHTTPServer(("localhost", urlsplit(site).port), Framing))
            threading.Thread(target=server.serve_forever).start()
            stack.callback(server.shutdown)
            return warm.new_page(), f"{site}/{address}{path}"

        yield go
    forget(warm, address)


def test_the_learning_platform_frames_a_page_that_works(framed, tmp_path):
    page, url = framed(LMS, "/worked_example")
    page.goto(url)
    frame = page.frame_locator("iframe")
    frame.get_by_role("region", name="Arithmetic").wait_for()
    lesson = json.loads(to_json(preset("textbook", 0)))
    lesson["words"] = ["framed", *lesson["words"][1:]]
    (tmp_path / "lesson.json").write_text(json.dumps(lesson))
    frame.get_by_role("button", name="Save and open").click()
    frame.locator("input[type=file]").set_input_files(tmp_path / "lesson.json")
    frame.get_by_text("framed").first.wait_for()


def test_no_other_site_frames_a_page(framed):
    page, url = framed(ANOTHER, "/")
    with page.expect_event("requestfailed") as refused:
        page.goto(url)
    assert refused.value.failure == "net::ERR_BLOCKED_BY_RESPONSE"
