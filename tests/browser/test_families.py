"""The families that differ most, in the browser: every line on the page is evaluated again."""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

import attention_core as ac
from tests.browser.test_inspect import arithmetic, unfold_all
from tests.evaluate import evaluate, holds
from tests.small_tokenizers import TEXT

pytestmark = pytest.mark.browser

LAYER, HEAD, QUERY, KEY = 1, 4, 9, 8
DIGGING = {
    "llama": ["k_rotated.1.1.8.", "k.1.1.8.", "W_K.1.1."],
    "gpt2": ["q.1.4.9.", "W_Q.1.4."],
    "gemma2": ["k_rotated.1.0.8.", "sin.8.", "angle.8.", "frequency."],
    "bloom": ["slope.4"],
    "mixtral": ["expert_out.1.9.", "W_expert_out.1."],
    "gpt_oss": ["b_sink.1.4"],
}
"""The numbers that are opened in turn: the prefix of each address."""

STEPS = {
    "llama": (4, "k_rotated"), "gpt2": (6, "score"), "gemma2": (6, "capped"), "bloom": (6, "biased"),
    "mixtral": (11, "resid_mid"), "gpt_oss": (8, "weight"),
}  # fmt: skip
"""A step of Step by step, and the matrix whose cell is hovered."""


@pytest.fixture
def address(offering):
    return offering


def path(name, page="", **query):
    chosen = {"model": f"tiny-{name}", "text": TEXT, "layer": LAYER, "head": HEAD, "q": QUERY, "k": KEY}
    return f"/{page}?{urllib.parse.urlencode(chosen | query)}"


def lines(page):
    shown = [line for line in arithmetic(page).locator("p.line").all_inner_texts() if "=" in line]
    for line in shown:
        assert holds(line), line
    return shown


@pytest.mark.parametrize("name", DIGGING)
def test_every_line_is_true_and_a_number_opens_down_to_given_numbers(open_page, offered, name):
    trace = ac.load(offered[f"tiny-{name}"]).trace(TEXT)
    page = open_page(path(name))
    unfold_all(page)
    results = [evaluate(line)[1] for line in lines(page)]
    index = (HEAD, QUERY, KEY)
    assert results[0] == pytest.approx(trace.array("product", LAYER)[index], abs=1e-3)
    for expected in (trace.scores(LAYER)[index], trace.pattern(LAYER)[index]):
        assert any(abs(result - expected) < 1e-4 for result in results), expected
    for prefix in DIGGING[name]:
        unfold_all(page)
        arithmetic(page).locator(f"[data-at^='{prefix}']").first.click()
        arithmetic(page).locator(f"button[aria-current='true'][title^='{prefix}']").wait_for()
        lines(page)
    given = "Fixed" if name in ("gemma2", "bloom") else "A trained parameter"
    expect(arithmetic(page).locator(".opened")).to_contain_text(given)


@pytest.mark.parametrize("name", STEPS)
def test_a_cell_is_highlighted_on_hover_and_opens(open_page, name):
    step, matrix = STEPS[name]
    page = open_page(path(name, "step_by_step", step=step, kind="k"), wait=False)
    cell = page.locator(f'figure[data-name="{matrix}"] td[data-row="9"][data-column="3"]')
    cell.hover(timeout=20_000)
    expect(cell).to_have_class(re.compile(r"\bhere\b"))
    assert page.locator("td.lit").count() > 0
    expect(page.locator(".made")).to_contain_text(cell.inner_text())
    cell.click()
    arithmetic(page).wait_for()
    assert lines(page)
