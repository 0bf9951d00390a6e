"""Pictures and numbers take the room of the screen: read from the back of a class, touched with a thumb."""

import urllib.parse

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

WORDS = "The quick brown fox jumps over the lazy dog while the old farmer watches from his wooden porch and drinks tea."
SMALLEST_TEXT, THUMB = 12, 24  # pixels
ROWS_IN_SIGHT = """() => {
  const line = document.querySelector(".st-key-grid [data-testid=stBidiComponentIsolated]").shadowRoot
  const end = line.querySelector(".made").getBoundingClientRect().top
  return [...line.querySelector("figure").querySelectorAll("tbody tr")]
    .filter((row) => row.getBoundingClientRect().bottom <= end).length
}"""
FONTS = """() => [...document.querySelectorAll("input, textarea")]
  .map((box) => parseFloat(getComputedStyle(box).fontSize))"""


@pytest.fixture
def address(offering):
    return offering


def held(page, name):
    return float(page.locator(".heatmap[data-cell]").get_attribute(f"data-{name}"))


def sentence(words):
    return "/?text=" + urllib.parse.quote(words)


@pytest.mark.parametrize(
    ("width", "height", "words", "least"),
    [(1920, 1080, None, 40), (1920, 1080, WORDS, 26), (1280, 800, None, 26), (390, 844, None, THUMB),
     (390, 844, WORDS, THUMB)],
)  # fmt: skip
def test_cells_take_the_room_of_the_screen(open_page, width, height, words, least):
    page = open_page(sentence(words) if words else "/", width=width, height=height)
    assert held(page, "cell") >= least
    box = page.locator(".heatmap .picture").bounding_box()
    if width > 1000:
        assert box["y"] + box["height"] <= height
        assert box["x"] + box["width"] > 0.4 * width
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    assert min(page.evaluate(FONTS)) >= SMALLEST_TEXT


@pytest.mark.parametrize("words", [WORDS, "word " * 60, "word " * 400])
def test_labels_are_a_line_apart(open_page, words):
    page = open_page(sentence(words), width=390)
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(200)
        assert held(page, "apart") >= SMALLEST_TEXT


def test_a_wide_picture_scrolls_under_the_labels_of_its_rows_to_the_chosen_cell(open_page):
    page = open_page("/", width=390, height=844)
    picture, names = page.locator(".heatmap .picture"), page.locator(".heatmap canvas.names")
    assert picture.evaluate("each => each.scrollWidth > each.clientWidth")
    assert picture.evaluate("each => each.scrollLeft") == 0
    picture.focus()
    page.keyboard.press("End")
    page.locator(".heatmap[data-key='15']").wait_for()
    assert picture.evaluate("each => each.scrollLeft") > 0
    box, labels = picture.bounding_box(), names.bounding_box()
    assert labels["x"] == pytest.approx(box["x"], abs=1)
    right = page.locator(".heatmap canvas.cells").bounding_box()["x"] + held(page, "left") + 16 * held(page, "cell")
    assert right <= box["x"] + box["width"] + 1
    settle(page)
    page.keyboard.press("Home")
    page.locator(".heatmap[data-key='0']").wait_for()
    assert picture.evaluate("each => each.scrollLeft") == 0


def test_cells_without_digits_are_magnified(open_page):
    page = open_page(sentence(WORDS))
    cell, lens = held(page, "cell"), page.locator(".heatmap canvas.lens")
    assert 12 < cell < 22
    expect(lens).to_be_hidden()
    box = page.locator(".heatmap canvas.cells").bounding_box()
    page.mouse.move(box["x"] + held(page, "left") + 4.5 * cell, box["y"] + held(page, "top") + 3.5 * cell)
    expect(lens).to_be_visible()
    page.mouse.move(5, 5)
    expect(lens).to_be_hidden()
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("ArrowDown")
    expect(lens).to_be_visible()


@pytest.mark.parametrize("query", ["step=4", "step=5", "step=8", "step=5&drawing=heads"])
def test_rows_of_matrices_are_in_sight_on_a_low_screen(open_page, query):
    page = open_page(f"/step_by_step?{query}", width=1280, height=720, wait=False)
    page.locator(".st-key-grid figure").first.wait_for()
    settle(page)
    assert page.evaluate(ROWS_IN_SIGHT) >= (8 if "heads" in query or query == "step=4" else 10)


@pytest.mark.parametrize(
    ("path", "picture"),
    [("/", ".heatmap .picture"), ("/?model=small+ViT&image=house", ".patches .picture"),
     ("/step_by_step?step=5", ".st-key-grid table"), ("/worked_example", ".st-key-grid table")],
)  # fmt: skip
def test_a_phone_shows_the_beginning_of_the_picture_first(open_page, path, picture):
    page = open_page(path, width=390, height=844, wait=False)
    page.locator(picture).first.wait_for()
    settle(page)
    assert page.locator(picture).first.bounding_box()["y"] < 0.97 * 844
    assert min(page.evaluate(FONTS)) >= 16


def test_the_settings_unfold_on_a_phone(open_page):
    page = open_page("/worked_example", width=390, height=844)
    undo, mask = page.get_by_role("button", name="Undo"), page.get_by_text("Edit mask")
    expect(undo).to_be_hidden()
    expect(mask).to_be_hidden()
    page.get_by_text("All settings").click()
    expect(undo).to_be_visible()
    expect(mask).to_be_visible()
    page.get_by_role("switch", name="Edit mask").focus()
    page.keyboard.press("Space")
    settle(page)
    expect(undo).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_text("All settings")).to_be_hidden()
    expect(undo).to_be_visible()
