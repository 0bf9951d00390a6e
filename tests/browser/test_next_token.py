"""Writing on in the browser: a bar, a button that stops it, and a sentence whose every token can be looked at."""

import re
import urllib.parse
import urllib.request

import pytest

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser


@pytest.fixture
def address(offering):
    return offering


def sentence(page):
    return page.get_by_label("Sentence").input_value()


def test_every_written_token_can_be_looked_at(open_page):
    page = open_page("/?model=quick&text=w5+w7+w9&layer=1&tokens=6")
    table = page.get_by_role("table").filter(has_text="likeliest of 101 tokens")
    assert table.get_by_role("row").count() == 11
    likeliest = table.get_by_role("rowheader").first.inner_text().removeprefix("␣")
    settle(page)
    page.get_by_role("button", name="Write on").click()
    page.get_by_text("6 tokens written, each the likeliest.").wait_for()
    words = sentence(page).split()
    assert (len(words), words[:3], words[3]) == (9, ["w5", "w7", "w9"], likeliest)
    page.locator(".heatmap[data-n='9']").wait_for()
    page.get_by_role("button", name=re.compile(re.escape(words[8]))).last.click()
    page.wait_for_function("new URLSearchParams(location.search).get('q') === '8'")
    address = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.evaluate("location.href")).query))
    assert (address["text"], address["model"], address["tokens"]) == (" ".join(words), "quick", "6")
    page.get_by_role("button", name="Back to what was typed").click()
    page.locator(".heatmap[data-n='3']").wait_for()
    assert sentence(page) == "w5 w7 w9"


def test_it_is_stopped_half_way(open_page):
    page = open_page("/?model=slow&text=w5+w7+w9&layer=1&tokens=64&way=drawn&draw=7")
    settle(page)
    page.get_by_role("button", name="Write on").click()
    page.get_by_text(re.compile(r"[1-9]\d* of 64 tokens")).wait_for()
    assert page.get_by_role("progressbar").count() == 1
    assert sentence(page) == "w5 w7 w9"
    page.get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile(r"\d+ tokens? written, drawn with seed 7\.")).wait_for()
    words = sentence(page).split()
    assert words[:3] == ["w5", "w7", "w9"]
    assert 3 < len(words) < 67
