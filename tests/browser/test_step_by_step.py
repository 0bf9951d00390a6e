"""The Step by step page in the browser: steps, hover, derivations; every line is read and evaluated again."""

import re

import pytest
from playwright.sync_api import expect

from tests.evaluate import evaluate, holds

pytestmark = pytest.mark.browser
PATH = "/step_by_step"
MATRICES = {
    3: ["W_E", "W_pos", "W_seg", "embed_sum", "w_norm", "b_norm", "embedding"], 4: ["resid_pre", "W_Q", "b_Q", "q"],
    5: ["q", "k", "product"], 6: ["product", "score"], 7: ["product", "score"], 8: ["score", "weight"],
    9: ["weight", "v", "z"], 10: ["z", "W_O", "b_O", "attn_out"],
    11: ["resid_pre", "attn_out", "mid_sum", "w_mid", "b_mid",
         "resid_mid"],
}  # fmt: skip
LIT = {"embed_sum": 3, "q": 17, "product": 16, "score": 1, "weight": 16, "z": 32, "attn_out": 17, "mid_sum": 2}
"""Result -> how many cells are highlighted on hover: rows and columns of 8, 16 tokens, and a bias."""


def cell(page, name, row, column):
    return page.locator(f'figure[data-name="{name}"] td[data-row="{row}"][data-column="{column}"]')


def opened(open_page, query, **options):
    page = open_page(f"{PATH}?{query}", wait=False, **options)
    page.locator(".look").wait_for(timeout=20_000)
    return page


def lines(page):
    region = page.get_by_role("region", name="Arithmetic")
    region.wait_for()
    return [line for line in region.locator("p.line").all_inner_texts() if "=" in line]


@pytest.mark.parametrize("step", range(1, 12))
def test_each_step_has_an_observation_and_a_cell_opens_into_true_lines(open_page, step):
    page = opened(open_page, f"step={step}")
    expect(page.locator("h2.step")).to_contain_text(f"{step} of 11")
    assert len(page.locator(".look").inner_text()) > 30
    expect(page.locator("[data-step][data-lit=true]")).to_have_attribute("data-step", str(step))
    if step not in MATRICES:
        return
    page.locator("figure").first.wait_for()
    names = [figure.get_attribute("data-name") for figure in page.locator("figure").all()]
    assert names == [name for name in MATRICES[step] if name in names]
    assert MATRICES[step][-1] == names[-1]
    cell(page, names[-1], 10, 2).click()
    for line in lines(page):
        assert holds(line), line
    assert lines(page)


@pytest.mark.parametrize("step", [3, 4, 5, 6, 8, 9, 10, 11])
def test_hover_highlights_the_row_and_the_column_and_shows_their_products(open_page, step):
    page = opened(open_page, f"step={step}")
    page.locator("figure").first.wait_for()
    for name in [name for name in MATRICES[step] if name in LIT][-1:]:
        cell(page, name, 10, 2).hover()
        if name in ("q", "k") and step == 5:
            continue
        expect(page.locator("td.lit")).to_have_count(LIT[name])
        line = page.locator(".made").inner_text()
        if " × " in line:
            value, right, _, parts = evaluate(line.partition("] = ")[2].replace("(bias)", "").replace(" from ", "+0*"
                                              ).replace(" more", ""))  # fmt: skip
            assert value == pytest.approx(right, abs=0.02 * parts)


def test_a_cell_reached_by_key_is_described_highlighted_and_keeps_the_tab_stop(open_page):
    page = opened(open_page, "step=5")
    cell(page, "product", 0, 0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    reached = cell(page, "product", 1, 1)
    expect(reached).to_be_focused()
    expect(reached).to_have_class(re.compile(r"\bhere\b"))
    expect(reached).to_have_attribute("tabindex", "0")
    expect(page.locator(".made")).to_contain_text(reached.inner_text())
    assert page.locator("td.lit").count() > 0


def test_the_disabled_next_button_is_legible_in_the_dark_theme(open_page):
    page = opened(open_page, "step=11", scheme="dark")
    ink, ground = page.get_by_role("button", name="Next ›").evaluate(
        "button => [getComputedStyle(button).color, getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
    )
    assert ink != ground


def test_steps_by_buttons_keys_drawing_and_address(open_page):
    page = opened(open_page, "")
    title = page.locator("h2.step")
    page.get_by_role("button", name="Next ›").click()
    page.get_by_text("2 of 11").wait_for()
    page.keyboard.press("ArrowRight")
    page.get_by_text("3 of 11").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("2 of 11").wait_for()
    page.get_by_role("button", name="Step 9: Weighted sum").click()
    page.get_by_text("9 of 11").wait_for()
    page.wait_for_function("location.search.includes('step=9')")
    page.go_back()
    page.get_by_text("2 of 11").wait_for()
    page.reload()
    page.get_by_text("2 of 11").wait_for()
    expect(title).to_contain_text("Tokens")


def test_every_head_and_all_heads(open_page):
    page = opened(open_page, "step=5&head=mean")
    page.locator("figure").first.wait_for()
    names = [figure.get_attribute("data-name") for figure in page.locator("figure").all()]
    assert names == [f"{name}@{head}" for head in range(3) for name in ("q", "k", "product")]
    expect(page.locator("body")).to_contain_text("Heads 0 to 2 of 12")
    page.get_by_role("button", name="Next heads").click()
    page.locator('figure[data-name="q@3"]').wait_for()
    cell(page, "product@4", 10, 2).hover()
    expect(page.locator('figure[data-name="q@4"] td.lit')).to_have_count(8)
    expect(page.locator('figure[data-name="q@3"] td.lit')).to_have_count(0)


def test_a_head_chosen_by_key_in_the_drawing_keeps_the_focus(open_page):
    page = opened(open_page, "step=8&drawing=heads")
    head = page.get_by_role("button", name="Head 4: 16 × 16 attention weights")
    head.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-current", "true")
    expect(head).to_be_focused()


def test_long_axes_are_shown_in_parts_and_labelled(open_page):
    page = opened(open_page, "step=5")
    figure = page.locator('figure[data-name="q"]')
    figure.wait_for()
    expect(figure.locator(".caption")).to_contain_text("dimension 0 to 7 of 32")
    page.get_by_role("button", name="Next part of dimension").first.click()
    page.get_by_text("dimension 8 to 15 of 32").first.wait_for()
    expect(figure.locator("thead th").first).to_have_text("8")


def test_the_drawings_can_be_saved_as_svg(open_page):
    page = opened(open_page, "step=8")
    page.get_by_role("button", name="Save").click()
    for name in ("self-attention.svg", "multi-head-attention.svg"):
        with page.expect_download() as download:
            page.get_by_role("button", name="SVG").nth(0 if name.startswith("self") else 1).click()
        assert download.value.suggested_filename == name
        assert download.value.path().read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("text", ["it", "<b>&nbsp;", "مرحبا", "a " * 90])
def test_any_sentence_can_be_shown(open_page, text):
    import urllib.parse

    for step in (2, 8, 11):
        page = opened(open_page, urllib.parse.urlencode({"text": text, "step": step}))
        expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_a_right_to_left_word_keeps_the_order_of_the_sentence_around_it(open_page):
    page = opened(open_page, "step=5&text=مرحبا بالعالم كيف حالك")
    word = page.locator(".look span").last
    number = word.evaluate("""node => {
        const range = document.createRange()
        range.selectNodeContents(node.nextSibling)
        return range.getBoundingClientRect().left
    }""")
    assert number >= word.bounding_box()["x"] + word.bounding_box()["width"] - 1


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(open_page, width, height, scheme):
    page = opened(open_page, "step=5", width=width, height=height, scheme=scheme)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
