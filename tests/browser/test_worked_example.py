"""The Worked example page: every preset read and evaluated again, edits, refusals, undo and reset."""

import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from attention_core.lessons.edits import with_tokens
from attention_core.lessons.export_page import html_page as solution_page
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.solve import solve
from attention_core.lessons.textbook import claims
from tests.browser.conftest import settle
from tests.evaluate import evaluate, holds

pytestmark = pytest.mark.browser
PATH = "/worked_example"


def cell(page, name, row, column):
    return page.locator(f'figure[data-name="{name}"] td[data-row="{row}"][data-column="{column}"]')


def lines(page):
    region = page.get_by_role("region", name="Arithmetic")
    return [line for line in region.locator("p.line").all_inner_texts() if "=" in line]


def type_into(page, name, row, column, text):
    settle(page)
    cell(page, name, row, column).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_it_opens_with_the_textbook(open_page):
    page = open_page(PATH)
    expect(page.locator(".say")).to_contain_text("“it” attends most to “tired” (0.2287).")
    expect(cell(page, "product", 5, 7)).to_have_text("1.2200")
    expect(page.locator(".badge")).to_contain_text("illustrative")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *((name, "decimals") for name in (*PRESETS, "sentence")),
        *((name, "fractions") for name in ("textbook", "paper", "heads", "random")),
        *((name, "round each step") for name in ("textbook", "random_heads", "sentence")),
    ],
)
def test_every_number_of_every_preset_opens_into_lines_that_are_true(open_page, name, form):
    page = open_page(f"{PATH}?preset={name}")
    if form != "decimals":
        page.get_by_text(form, exact=True).click()
        page.wait_for_function("location.search.includes('lesson=')")
    page.locator("figure.no").nth(1).wait_for()
    seen = 0
    for figure in page.locator("figure").all():
        quantity = figure.get_attribute("data-name")
        if "no" not in figure.get_attribute("class").split():
            continue
        cell(page, quantity, 2, 1).click()
        page.wait_for_function(
            "name => [...document.querySelectorAll('*')].some(n => n.shadowRoot?.querySelector"
            "('.crumb[aria-current]')?.title.startsWith(name + '.'))", arg=quantity.partition("@")[0],
        )  # fmt: skip
        for line in lines(page):
            assert holds(line), line
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("name", ["product", "z", "score", "q", "out"])
def test_hover_on_a_product_highlights_its_row_and_column_and_shows_it(open_page, name):
    page = open_page(f"{PATH}?preset=heads")
    cell(page, name, 2, 1).hover()
    if name == "score":
        expect(page.locator("td.lit")).to_have_count(1)
        return
    page.locator("td.lit").nth(3).wait_for()
    line = page.locator(".made").inner_text()
    value, right, _, parts = evaluate(line.partition("] = ")[2])
    assert parts >= 2
    assert value == pytest.approx(right, abs=0.5e-4 * (parts + 1))


def test_output_weights_can_be_edited_and_traced_with_any_head_shown(open_page):
    page = open_page(f"{PATH}?preset=random_heads&part=1")
    type_into(page, "W_O", 3, 0, "2.5")
    expect(cell(page, "W_O", 3, 0)).to_have_text("2.5000")
    expect(cell(page, "W_O", 3, 0)).to_contain_class("changed")
    expect(page.locator('figure[data-name="W_O"] td.changed')).to_have_count(1)
    cell(page, "out", 2, 0).hover()
    expect(page.locator("td.lit")).to_have_count(8)
    value, right, _, parts = evaluate(page.locator(".made").inner_text().partition("] = ")[2])
    assert parts == 4
    assert value == pytest.approx(right, abs=0.5e-4 * 20)


def test_cells_typed_in_quick_succession_are_all_kept(open_page):
    page = open_page(PATH)
    cell(page, "q", 0, 0).click()
    for number in ("4", "5", "6", "7", "8", "9"):
        page.keyboard.type(number)
        page.keyboard.press("Tab")
    for i, number in enumerate((4, 5, 6, 7, 8, 9)):
        expect(cell(page, "q", i // 3, i % 3)).to_have_text(f"{number}.0000")


def test_the_badge_says_where_the_numbers_come_from(open_page):
    page = open_page(f"{PATH}?preset=sentence")
    expect(page.locator(".badge")).to_contain_text("projected from a head of all-MiniLM-L6-v2")
    expect(page.locator("body")).to_contain_text("of its squared scores")


def test_choosing_a_preset_changes_the_sentences_and_controls(open_page):
    """The controls rerun as a fragment; the sentences around it must follow."""
    page = open_page(PATH)
    for title, said in (("Random", "drawn at random, not trained"), ("From the sentence above", "projected from")):
        page.locator(".st-key-_lesson_preset input").click()
        page.get_by_role("option", name=title, exact=True).click()
        expect(page.get_by_text(said)).to_have_count(1)
        expect(page.get_by_text("The textbook’s numbers checked against the computation")).to_have_count(0)
    sentence = page.get_by_role("textbox", name="Sentence")
    settle(page)
    sentence.fill("My dog sleeps.")
    sentence.press("Enter")
    expect(page.locator('figure[data-name="q"] th[scope=row]')).to_have_count(6)
    type_into(page, "q", 0, 0, "9")
    expect(page.get_by_text("then changed by hand")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("then changed by hand")).to_have_count(0)
    type_into(page, "q", 0, 0, "9")
    expect(page.get_by_text("then changed by hand")).to_have_count(1)
    settle(page)
    sentence.fill("It rains.")
    sentence.press("Enter")
    expect(page.locator('figure[data-name="q"] th[scope=row]')).to_have_count(5)
    expect(page.get_by_text("then changed by hand")).to_have_count(0)


def test_an_edit_changes_everything_below_and_can_be_undone(open_page):
    page = open_page(PATH)
    type_into(page, "q", 5, 0, "1,5")
    expect(cell(page, "product", 5, 7)).to_have_text("2.0300")
    expect(cell(page, "q", 5, 0)).to_have_text("1.5000")
    expect(cell(page, "weight", 5, 7)).to_contain_class("changed")
    expect(cell(page, "weight", 4, 7)).not_to_contain_class("changed")
    expect(page.locator(".changes")).to_contain_text("0.2287 → 0.3100")
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, "product", 5, 7)).to_have_text("1.2200")
    page.get_by_role("button", name="Redo").click()
    expect(cell(page, "product", 5, 7)).to_have_text("2.0300")
    page.wait_for_function("location.search.includes('lesson=')")
    page.reload()
    page.get_by_role("region", name="Arithmetic").wait_for()
    expect(cell(page, "product", 5, 7)).to_have_text("2.0300")
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Everything").click()
    expect(cell(page, "product", 5, 7)).to_have_text("1.2200")


def test_an_undone_shape_stays_undone(open_page):
    """Widgets in a closed popover take no new value from the server and must not restore their old one."""
    page = open_page(PATH)
    words = page.locator('figure[data-name="q"] th[scope=row]')
    page.get_by_role("button", name="Shape and words").click()
    box = page.get_by_label("Words", exact=True)
    box.fill("4")
    box.press("Enter")
    expect(words).to_have_count(4)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(words).to_have_count(8)
    type_into(page, "q", 5, 0, "1,5")
    expect(cell(page, "product", 5, 7)).to_have_text("2.0300")
    expect(words).to_have_count(8)
    page.get_by_role("button", name="Shape and words").click()
    expect(box).to_have_value("8")


def test_words_are_renamed_one_after_the_other(open_page):
    page = open_page(PATH)
    page.get_by_role("button", name="Shape and words").click()
    page.get_by_label("Word 1", exact=True).fill("cat")
    page.keyboard.press("Tab")
    expect(page.locator('figure[data-name="q"] th[scope=row]').nth(1)).to_have_text("cat")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("sat")
    page.keyboard.press("Tab")
    expect(page.locator('figure[data-name="q"] th[scope=row]').nth(2)).to_have_text("sat")


def test_one_number_or_one_matrix_can_be_reset(open_page):
    page = open_page(PATH)
    for row, number, shown in ((5, "2", "2.4800"), (7, "3", "3.5300")):
        type_into(page, "q", row, 0, number)
        expect(cell(page, "product", row, 7)).to_have_text(shown)
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Only Q[7, 0]").click()
    expect(cell(page, "product", 7, 7)).to_have_text("1.4600")
    expect(cell(page, "product", 5, 7)).to_have_text("2.4800")
    page.get_by_role("button", name="Matrix Q").click()
    expect(cell(page, "product", 5, 7)).to_have_text("1.2200")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("many", "is not a number"),
        ("nan", "cannot be used in a computation"),
        ("inf", "cannot be used in a computation"),
        ("1e308", "1,000,000"),
        ("1,234", "1,234"),
    ],
)
def test_text_that_is_no_number_is_refused_in_its_cell(open_page, text, said):
    page = open_page(PATH)
    type_into(page, "k", 1, 2, text)
    alert = page.locator("[role=alert]:not(:empty)")
    expect(alert).to_contain_text(said, ignore_case=True)
    assert page.locator("td input").input_value() == text
    expect(cell(page, "product", 1, 1)).to_have_text("0.6200")
    page.keyboard.press("Escape")
    expect(cell(page, "k", 1, 2)).to_have_text("0.4000")


@pytest.mark.parametrize(
    ("text", "shown"), [("1e2", "100.0000"), (" −2 ", "−2.0000"), ("1/4", "0.2500"), (".5", "0.5000")]
)
def test_common_ways_to_write_a_number_are_read(open_page, text, shown):
    page = open_page(PATH)
    type_into(page, "v", 0, 0, text)
    expect(cell(page, "v", 0, 0)).to_have_text(shown)


def test_the_keyboard_is_enough(open_page):
    page = open_page(PATH)
    cell(page, "q", 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    expect(cell(page, "q", 1, 1)).to_have_text("3.0000")
    expect(cell(page, "product", 1, 0)).to_have_text("0.4000")
    expect(page.locator("td input")).to_have_attribute("aria-label", re.compile("row 1 “animal”, column 2$"))


def test_a_click_on_a_cell_of_the_mask_flips_it(open_page):
    page = open_page(PATH)
    page.get_by_text("Edit mask").click()
    cell(page, "mask", 5, 7).wait_for()
    cell(page, "mask", 5, 7).click()
    expect(cell(page, "weight", 5, 7)).to_have_text("0.0000")
    expect(cell(page, "masked", 5, 7)).to_have_text("−∞")
    expect(page.locator(".say")).to_contain_text("“it” attends most to “it” (0.2197)")


def test_the_textbook_is_checked_against_the_computation(open_page):
    page = open_page(PATH)
    region = page.get_by_role("region", name="The textbook’s numbers checked against the computation")
    for summary in region.locator("summary").all():
        summary.click()
    region.locator("tbody tr").nth(26).wait_for()
    rows = [row.locator("td").all_inner_texts() for row in region.locator("tbody tr").all()]
    assert len(rows) == len(claims()) == 27
    assert ["“tired”", "0.08 ✗", "", "0.2287", "0.1805"] in rows
    assert ["“animal”", "0.70 ✗", "0.60", "0.1458", "0.1392"] in rows
    assert [row for row in rows if row[0] == "total"] == [
        ["total", "", "1.00", "1.0000", "1.0000"],
        ["total", "", "1.01", "1.0000", "1.0000"],
    ]
    assert sum("✗" in row[1] for row in rows) == 19
    expect(page.get_by_text("19 of the 25 numbers that the textbook prints do not follow")).to_have_count(1)
    expect(page.get_by_text("Google Research Blog")).to_have_count(1)
    sums = [line for line in region.locator("p.line").all_inner_texts() if "=" in line]
    assert len(sums) == 5
    assert all(holds(line) for line in sums)
    assert [line.rpartition(" = ")[2] for line in sums] == ["1.0000", "1.0100", "0.6010", "0.5190", "0.4330"]
    region.get_by_role("button", name="0.2287").first.click()
    expect(page.get_by_role("region", name="Arithmetic").locator("p.line").last).to_have_text(re.compile("0.2287$"))


def test_a_lesson_file_is_saved_opened_and_refused_if_broken(open_page, tmp_path):
    page = open_page(PATH)
    type_into(page, "q", 5, 0, "2")
    expect(cell(page, "product", 5, 7)).to_have_text("2.4800")
    page.get_by_role("button", name="Save and open").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Lesson file").click()
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert saved["numbers"]["Q"][5][0] == 2
    saved["numbers"]["Q"][5][0] = 3
    good, broken = tmp_path / "good.json", tmp_path / "broken.json"
    good.write_text(json.dumps(saved), encoding="utf-8")
    saved["numbers"]["K"][1][1] = "many"
    broken.write_text(json.dumps(saved), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(broken)
    note = page.get_by_text("broken.json could not be opened")
    note.wait_for()
    expect(note).to_contain_text("K[1, 1]")
    expect(cell(page, "product", 5, 7)).to_have_text("2.4800")
    page.locator("input[type=file]").set_input_files(good)
    expect(cell(page, "product", 5, 7)).to_have_text("3.3800")


def test_a_lesson_file_cannot_make_the_page_fetch_an_image(open_page, tmp_path):
    """Messages are markdown; text quoted from a file is not."""
    page = open_page(PATH)
    image = "![i](http://127.0.0.1:9/i)"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"format": image}), encoding="utf-8")
    page.get_by_role("button", name="Save and open").click()
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.get_by_text("broken.json could not be opened")).to_contain_text(image)


def test_the_saved_page_fits_a_phone(chromium, tmp_path):
    words = tuple(f"antidisestablish{i}" for i in range(12))
    wide = replace(with_tokens(preset("random"), 12), words=words)
    saved = tmp_path / "solution.html"
    saved.write_text(solution_page(solve(wide), 0), encoding="utf-8")
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(saved.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_a_broken_address_is_refused_and_says_why(open_page):
    page = open_page(f"{PATH}?lesson=AAAA")
    expect(page.get_by_text("Parts of this address")).to_contain_text("lesson")
    expect(cell(page, "product", 5, 7)).to_have_text("1.2200")


def test_the_solution_can_be_saved_in_every_format(open_page):
    page = open_page(PATH)
    page.get_by_role("button", name="Save and open").click()
    kept = {}
    for name in ("LaTeX", "CSV", "NPZ", "NumPy script", "page (HTML)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(re.escape(name))).click()
        kept[name] = download.value.path().read_bytes()
    assert kept["LaTeX"].startswith(b"\\documentclass")
    assert zipfile.ZipFile(io.BytesIO(kept["CSV"])).testzip() is None
    assert kept["NPZ"][:2] == b"PK"
    assert b"import numpy" in kept["NumPy script"]
    assert b"http" not in kept["page (HTML)"]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(open_page, width, height, scheme):
    page = open_page(PATH, width=width, height=height, scheme=scheme)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
