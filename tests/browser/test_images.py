"""An image model in a browser: patches chosen by pointer and keys, an image uploaded, a broken one refused."""

import io
import urllib.parse

import numpy as np
import pytest
from PIL import Image

import attention_core as ac
from tests.browser.conftest import settle
from ui.shared.pictures import DRAWN_PICTURES, resized
from ui.words.first_pair import TokenList, first_pair

pytestmark = pytest.mark.browser

START = "/?model=small+ViT&layer=1&head=3&image=house"


@pytest.fixture(scope="module")
def folder(offered):
    return offered["small ViT"]


@pytest.fixture(scope="module")
def trace(folder):
    model = ac.load(folder)
    return model.trace(resized(DRAWN_PICTURES["house"][1](), model.image))


@pytest.fixture
def address(offering):
    return offering


def picture(page):
    return page.locator(".patches")


def wait_cell(page, trace, query, key):
    """Wait until the image and the arithmetic show this cell, with the model's own weight."""
    weight = float(trace.pattern(1)[3, query, key])
    page.locator(f'.patches[data-query="{query}"][data-key="{key}"][data-weight="{weight:.4f}"]').wait_for()
    page.locator(f'section[data-weight="{weight:.6f}"]').wait_for()


def click_patch(page, row, column, **options):
    box = picture(page)
    wide, high = (float(box.get_attribute(f"data-{side}")) for side in ("wide", "high"))
    at = {"x": (column + 0.5) * wide, "y": (row + 0.5) * high}
    page.locator("canvas.laid").click(position=at, **options)


def test_patches_are_chosen_by_pointer_and_by_keys(open_page, trace):
    page = open_page(f"{START}&q=9&k=4")
    wait_cell(page, trace, 9, 4)
    click_patch(page, 2, 5)
    wait_cell(page, trace, 1 + 2 * 7 + 5, 4)
    click_patch(page, 0, 6, modifiers=["Shift"])
    wait_cell(page, trace, 20, 7)
    page.locator(".patches .mode").click()
    click_patch(page, 3, 0)
    wait_cell(page, trace, 20, 22)
    page.locator(".patches .mode").click()
    page.locator(".patches .picture").focus()
    for key, query in (("ArrowUp", 13), ("ArrowLeft", 12), ("ArrowDown", 19), ("End", 28), ("Home", 0)):
        page.keyboard.press(key)
        wait_cell(page, trace, query, 22)
    page.keyboard.press("Shift+ArrowLeft")
    wait_cell(page, trace, 0, 21)
    page.get_by_role("button", name="[CLS]").click(modifiers=["Shift"])
    wait_cell(page, trace, 0, 0)
    page.wait_for_function("new URLSearchParams(location.search).get('k') === '0'")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.evaluate("location.href")).query))
    assert (query["image"], query["q"], query["model"]) == ("house", "0", "small ViT")


def test_the_weights_are_a_table_in_the_images_layout(open_page, trace):
    page = open_page(f"{START}&q=9&k=4")
    page.get_by_text("These weights as a table").click()
    table = page.locator(".patches table")
    rows = [line.split("\t") for line in table.inner_text().splitlines() if line.startswith("r")]
    assert [row[0] for row in rows] == ["r0", "r1", "r2", "r3"]
    shown = np.array([[float(cell) for cell in row[1:]] for row in rows])
    np.testing.assert_allclose(shown.reshape(-1), trace.pattern(1)[3, 9, 1:], atol=5.1e-5)
    assert f"[CLS] {trace.pattern(1)[3, 9, 0]:.4f}" in table.inner_text()


def test_the_heatmap_and_the_image_move_each_other(open_page, trace):
    page = open_page(f"{START}&q=9&k=4")
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("ArrowDown")
    wait_cell(page, trace, 10, 4)
    click_patch(page, 1, 1)
    wait_cell(page, trace, 9, 4)
    page.locator('.heatmap[data-query="9"][data-key="4"]').wait_for()


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def upload(page, name, content):
    settle(page)  # what is clicked while the page is redrawn may be gone with its click
    page.get_by_role("button", name="Upload").first.click()
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_an_image_is_uploaded_and_a_broken_one_does_not_replace_it(open_page, folder):
    model, pixels = ac.load(folder), np.random.default_rng(4).integers(0, 256, (61, 47, 3), dtype=np.uint8)
    trace = model.trace(resized(pixels, model.image))
    page = open_page(f"{START}&q=9&k=4")
    upload(page, "mine.png", png(pixels))
    page.get_by_text("the address of this page does not contain it").wait_for()
    page.locator("input[type=file]").wait_for(state="detached")
    tokens = TokenList.of(trace)
    wait_cell(page, trace, *first_pair(tokens, tokens, trace.pattern(1)[3], None, False)[:2])
    click_patch(page, 1, 1)
    click_patch(page, 0, 3, modifiers=["Shift"])
    wait_cell(page, trace, 9, 4)
    page.reload()
    page.get_by_text("which an address cannot contain").wait_for()
    page.get_by_role("region", name="Arithmetic").wait_for()
    upload(page, "mine.png", png(pixels))
    page.get_by_text("the address of this page does not contain it").wait_for()
    page.locator("input[type=file]").wait_for(state="detached")
    upload(page, "broken.png", png(pixels)[:700])
    page.get_by_text("broken.png: This file is broken").wait_for()
    page.get_by_text("the address of this page does not contain it").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_message_on_a_refused_file_is_visible_and_names_the_file(open_page, width):
    page = open_page(START, width=width)
    upload(page, "broken.png", png(np.zeros((40, 40, 3), np.uint8))[:60])
    seen(page, page.get_by_text("broken.png: This file is broken"))
    for name, kind in (("animated.gif", "image/gif"), ("photo.webp", "image/webp")):
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": b"GIF89a" * 20})
        seen(page, page.get_by_text(f"{name}: This file is neither a PNG nor a JPEG image."))
        assert page.get_by_text("This file is broken").count() == 0
    page.keyboard.press("Escape")
    page.get_by_text("photo.webp:").wait_for(state="detached")


@pytest.mark.parametrize("by_keyboard", [False, True])
def test_a_link_is_followed_at_once_from_the_open_upload_after_two_refusals(open_page, by_keyboard):
    huge = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(huge, "PNG")
    page = open_page(START)
    upload(page, "text.png", b"not an image")
    page.get_by_text("text.png: This file is neither a PNG nor a JPEG image.").wait_for()
    page.locator("input[type=file]").set_input_files(
        {"name": "huge.png", "mimeType": "image/png", "buffer": huge.getvalue()}
    )
    page.get_by_text("huge.png: This image has too many pixels").wait_for()
    settle(page)
    link = page.get_by_role("link", name="Step by step")
    if by_keyboard:
        link.focus()
        page.keyboard.press("Enter")
    else:
        link.click()
    page.get_by_role("heading", name="1 of 11").wait_for()
    settle(page)
    assert page.evaluate("location.pathname") == "/step_by_step"
    assert page.get_by_role("link", name="Inspect").count() == 1


def seen(page, message):
    """The message is not covered by anything."""
    message.wait_for()
    settle(page)
    assert message.evaluate("""each => {
        const box = each.getBoundingClientRect();
        return each.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
    }""")


def choose_model(page, title):
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill(title)
    page.get_by_role("option", name=title).filter(has_not_text="Add:").first.click()


def test_the_image_is_replaced_by_the_sentence_and_comes_back(open_page, trace):
    page = open_page(f"{START}&q=9&k=4")
    wait_cell(page, trace, 9, 4)
    choose_model(page, "all-MiniLM-L6-v2")
    page.get_by_role("textbox", name="Sentence").wait_for()
    picture(page).wait_for(state="detached")
    page.get_by_role("toolbar", name="Tokens", exact=True).wait_for()
    choose_model(page, "small ViT")
    picture(page).wait_for()
    page.get_by_role("textbox", name="Sentence").wait_for(state="detached")
    assert page.get_by_role("radio", name="House").count() == 1


@pytest.mark.parametrize("path", [START, START.replace("/?", "/step_by_step?") + "&step=3"])
def test_it_fits_a_phone(open_page, path):
    page = open_page(path, width=390, height=844, wait=False)
    picture(page).wait_for(timeout=20_000)
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    box = page.locator("canvas.laid").bounding_box()
    assert box["width"] > 200
    assert box["x"] + box["width"] <= 390
