"""An encoder–decoder in the browser: its three sides chosen, read and worked out again."""

import urllib.parse
import urllib.request

import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from tests.browser.test_inspect import arithmetic, cell, lines, unfold_all, wait_search, wait_weight
from tests.evaluate import evaluate, holds

pytestmark = pytest.mark.browser

TEXT, TARGET = "w1 w5 w1 w8 w13", "w3 w21 w2"
SIDES = pytest.mark.parametrize("side", ["encoder", "decoder", "cross"])


@pytest.fixture(scope="module")
def folder(offered):
    return offered["Pair"]


@pytest.fixture(scope="module")
def sides(folder):
    return attention_views(ac.load(folder).trace(TEXT, target=TARGET))


@pytest.fixture
def address(offering):
    return offering


def path(page="", **query):
    return f"/{page}?" + urllib.parse.urlencode({"model": "Pair", "text": TEXT, "target": TARGET, "layer": 1} | query)


@SIDES
def test_every_line_of_every_side_is_true(open_page, sides, side):
    own = sides[side]
    page = open_page(path(side=side, head=2, q=2, k=1))
    wait_weight(page, own.pattern(1)[2, 2, 1])
    unfold_all(page)
    shown = lines(page)
    assert len(shown) >= 7
    for line in shown:
        assert holds(line), line
    results = [evaluate(line)[1] for line in shown]
    product = own.array("product", 1)[2, 2, 1]
    score = own.trace.array(own.scoring(1)[-1].name, 1)[2, 2, 1] if own.scoring(1) else product
    assert results[0] == pytest.approx(product, abs=1e-3)
    for expected in (score, own.pattern(1)[2, 2, 1]):
        assert any(abs(result - expected) < 1e-4 for result in results), expected


def test_cross_attention_opens_into_query_key_and_memory(open_page):
    page = open_page(path(side="cross", head=2, q=2, k=1))
    for prefix in ("cross_k.1.2.1.", "memory.1."):
        unfold_all(page)
        arithmetic(page).locator(f"[data-at^='{prefix}']").first.click()
        arithmetic(page).locator("button[aria-current='true']", has_text=prefix).wait_for()
        for line in lines(page):
            assert holds(line), line


def test_a_click_asks_a_token_of_the_target_of_one_of_the_sentence(open_page, sides):
    weights = sides["cross"].pattern(1)
    page = open_page(path(side="cross", head=3))
    page.mouse.click(*cell(page, 1, 4))
    wait_weight(page, weights[3, 1, 4])
    wait_search(page, q="1", k="4")
    asks, answers = page.locator(".strip").all()
    assert asks.locator("button.query").inner_text() == "w3"
    assert answers.locator("button.key").inner_text() == "w13"
    answers.locator("button", has_text="w8").click()
    wait_weight(page, weights[3, 1, 3])
    asks.locator("button", has_text="w21").click()
    wait_weight(page, weights[3, 2, 3])
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("End")
    wait_weight(page, weights[3, 2, 5])
    page.keyboard.press("ArrowDown")
    wait_weight(page, weights[3, 3, 5])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    wait_weight(page, weights[3, 3, 4])


def test_the_sides_are_a_choice_that_the_address_holds(open_page, sides):
    page = open_page(path(q=5, k=0))
    for name, side, n in (("Cross", "cross", 4), ("Decoder", "decoder", 4)):
        page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name, exact=True)).first.click()
        wait_search(page, side=side)
        page.locator(f".heatmap[data-n='{n}']").wait_for()
        assert "q=" not in page.evaluate("location.search")
    page.get_by_text("the upper right is empty").wait_for()
    page.go_back()
    page.locator(".strip").nth(1).locator("button").first.wait_for()
    page.reload()
    page.get_by_text("The target (queries) looks at the sentence (keys).").wait_for()


def test_a_target_is_typed_or_left_to_the_model(open_page, folder):
    page = open_page(path(side="cross", target=""))
    page.get_by_text("target written by the model").wait_for()
    run = ac.load(folder).write(TEXT)
    assert page.locator(".heatmap").get_attribute("data-n") == str(len(run.decoder.ids))
    box = page.get_by_label("Target")
    box.fill("w9 w4")
    box.press("Enter")
    wait_search(page, target="w9 w4")
    page.locator(".heatmap[data-n='3']").wait_for()
    page.get_by_text("target written by the model").wait_for(state="detached")


def test_the_table_and_the_pictures_follow_the_side(open_page, sides):
    page = open_page(path(side="cross", head=2))
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Numbers of this head").click()
    assert taken.value.suggested_filename == "attention-cross-layer1-head2.csv"
    rows = [row.split(",") for row in taken.value.path().read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["query \\ key", "w1", "w5", "w1", "w8", "w13", "</s>"]
    assert [row[0] for row in rows[1:]] == ["<pad>", "w3", "w21", "w2"]
    assert float(rows[3][4]) == pytest.approx(float(sides["cross"].pattern(1)[2, 2, 3]), abs=1e-6)
    for name in ("Heatmap", "Graph"):
        with page.expect_download() as taken:
            page.get_by_role("button", name=f"Save the {name} as SVG").click()
        drawn = taken.value.path().read_text(encoding="utf-8")
        assert f"Cross-attention weights, layer 1, head 2: {TARGET} ← {TEXT}" in drawn
        assert "w21" in drawn
        assert "w13" in drawn


@SIDES
@pytest.mark.parametrize("step", [4, 6, 9, 11])
def test_each_step_opens_into_true_lines(open_page, side, step):
    page = open_page(path("step_by_step", side=side, step=step, head=1), wait=False)
    page.locator("figure").first.wait_for(timeout=20_000)
    name = page.locator("figure").last.get_attribute("data-name")
    page.locator(f'figure[data-name="{name}"] td[data-row="2"][data-column="1"]').click()
    arithmetic(page).wait_for()
    for line in lines(page):
        assert holds(line), line
    assert lines(page)


@SIDES
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(open_page, side, width, height, scheme):
    page = open_page(path(side=side, target=" ".join(["w3"] * 40)), width=width, height=height, scheme=scheme)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    box = page.locator(".heatmap canvas.cells").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width + 1
