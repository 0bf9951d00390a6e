"""Choosing a model that must be downloaded: its size, progress, stopping, resuming, and errors."""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serving
from tests.hub import Hub, environment, tiny_files

pytestmark = pytest.mark.browser

NAME, WEIGHTS = "tiny/bert", "model.safetensors"
LINKED = "tiny/linked"
"""What one test has downloaded is there for the others, so that each downloads a model of its own."""


@pytest.fixture(scope="module")
def running():
    with Hub(repos={NAME: tiny_files(), LINKED: tiny_files()}).running() as running:
        yield running


@pytest.fixture
def hub(running):
    """The hub, well again and never asked."""
    running.asked.clear()
    running.refused.clear()
    running.rate = None
    return running


@pytest.fixture(scope="module")
def address(running, tmp_path_factory):
    """The application, with a hub on loopback as its only hub."""
    listed, place = {"ATTENTION_LAB_MODELS": f"{NAME},{LINKED},shut/model"}, tmp_path_factory.mktemp("server")
    yield from serving(place / "log", environment(running, place / "home") | listed)


def choose(page, name):
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill(name)
    page.get_by_role("option", name=name).first.click()


def panel(page):
    return page.locator(".st-key-wanted")


def on_screen(page):
    return page.locator(".badge").inner_text()


def test_a_model_is_offered_with_its_size_stopped_and_resumed(open_page, hub):
    page = open_page()
    choose(page, NAME)
    panel(page).get_by_text("tiny/bert is not on this machine: 141.0 kB to download.").wait_for()
    assert "all-MiniLM-L6-v2" in on_screen(page)
    assert hub.gets(WEIGHTS) == []

    hub.rate = 30_000
    page.get_by_role("button", name="Download").click()
    running = re.compile(r"Downloading tiny/bert: \d+\.\d kB of 141\.0 kB · \d+\.\d kB/s · \d+ s left")
    panel(page).get_by_text(running).wait_for(timeout=10_000)
    expect(panel(page).get_by_role("progressbar")).to_have_count(1)
    expect(page.locator("section[data-weight]")).to_have_attribute("data-weight", re.compile(r"^0\.67"))
    panel(page).get_by_role("button", name="Cancel").click()
    panel(page).get_by_text("The download was stopped. What was downloaded is kept.").wait_for()
    assert "all-MiniLM-L6-v2" in on_screen(page)
    expect(page.locator("section[data-weight]")).to_have_attribute("data-weight", re.compile(r"^0\.67"))
    assert urllib.parse.urlsplit(page.evaluate("location.href")).query == ""

    another = open_page()
    choose(another, NAME)
    panel(another).get_by_text(re.compile("tiny/bert is not on this machine: 141.0 kB to download.")).wait_for()
    expect(panel(another).get_by_role("button", name="Download")).to_have_count(1)

    hub.rate = None
    panel(page).get_by_role("button", name="Try again").click()
    page.locator(".badge", has_text="tiny/bert").wait_for()
    assert [at is None for at in hub.gets(WEIGHTS)] == [True, False]
    expect(panel(page)).to_have_count(0)
    page.wait_for_function("new URLSearchParams(location.search).get('model') === 'tiny/bert'")


def test_an_error_is_shown_and_the_model_on_screen_stays(open_page, hub):
    page = open_page()
    hub.refused["shut/model"] = 403, "GatedRepo"
    choose(page, "shut/model")
    panel(page).get_by_text(re.compile("shut/model is gated: .*HF_TOKEN")).wait_for()
    assert "all-MiniLM-L6-v2" in on_screen(page)
    panel(page).get_by_role("button", name="Close").click()
    panel(page).wait_for(state="detached")
    expect(page.locator("section[data-weight]")).to_have_attribute("data-weight", re.compile(r"^0\.67"))


def test_an_address_of_a_model_that_must_be_downloaded(open_page, hub):
    page = open_page(f"/?model={urllib.parse.quote(LINKED, safe='')}&layer=2&head=4", wait=False)
    panel(page).get_by_role("button", name="Download").click()
    page.locator(".badge", has_text=LINKED).wait_for()
    page.get_by_role("region", name="Arithmetic").wait_for()
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.evaluate("location.href")).query))
    assert (query["model"], query["layer"], query["head"]) == (LINKED, "2", "4")


@pytest.mark.parametrize("path", ["/etc/passwd", "../secrets", "tests/reference", "~/model"])
def test_an_address_never_takes_a_path(open_page, hub, path):
    page = open_page(f"/?model={urllib.parse.quote(path, safe='')}")
    page.get_by_text(f"“{path}” is not a known model.").wait_for()
    assert "all-MiniLM-L6-v2" in on_screen(page)
    assert hub.asked == []
