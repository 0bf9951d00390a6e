"""The Worked example page: every preset read and evaluated again, edits, refusals, and the way back."""

import io
import json
import re
import zipfile

import pytest

from attention_core.worked.presets import PRESETS
from attention_core.worked.textbook import claims
from tests.evaluate import evaluate, holds

pytestmark = pytest.mark.browser
PATH = "/worked_example"


def cell(page, name, row, column):
    return page.locator(f'figure[data-name="{name}"] td[data-row="{row}"][data-column="{column}"]')


def lines(page):
    region = page.get_by_role("region", name="Arithmetic")
    return [line for line in region.locator("p.line").all_inner_texts() if "=" in line]


def wait_text(page, locator, text):
    page.wait_for_function("([node, text]) => node.textContent === text", arg=[locator.element_handle(), text])


def type_into(page, name, row, column, text):
    cell(page, name, row, column).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_it_opens_with_the_textbook(open_page):
    page = open_page(PATH)
    assert "“it” gives most, 0.2287, to “tired”." in page.locator(".say").inner_text()
    assert cell(page, "product", 5, 7).inner_text() == "1.2200"
    assert "illustrative" in page.locator(".badge").inner_text()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *((name, "decimals") for name in (*PRESETS, "sentence")),
        *((name, "fractions") for name in ("textbook", "paper", "heads", "random")),
        *((name, "paper mode") for name in ("textbook", "random_heads", "sentence")),
    ],
)
def test_every_number_of_every_preset_opens_into_lines_that_are_true(open_page, name, form):
    page = open_page(f"{PATH}?preset={name}")
    if form != "decimals":
        page.get_by_text(form, exact=True).click()
        page.wait_for_timeout(600)
    seen = 0
    for figure in page.locator("figure").all():
        quantity = figure.get_attribute("data-name")
        if "no" not in figure.get_attribute("class").split():
            continue
        cell(page, quantity, 2, 1).click()
        page.wait_for_function(
            "name => [...document.querySelectorAll('*')].some(n => n.shadowRoot?.querySelector"
            "('.crumb[aria-current]')?.textContent.startsWith(name + '.'))", arg=quantity,
        )  # fmt: skip
        for line in lines(page):
            assert holds(line), line
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("name", ["product", "z", "score", "q", "out"])
def test_pointing_at_a_product_lights_its_row_and_column_and_shows_it(open_page, name):
    page = open_page(f"{PATH}?preset=heads")
    cell(page, name, 2, 1).hover()
    page.wait_for_timeout(100)
    told = page.locator(".made").inner_text()
    lit = page.locator("td.lit").count()
    if name == "score":
        assert lit == 1
        return
    assert lit >= 4
    value, right, _, parts = evaluate(told.partition("] = ")[2])
    assert parts >= 2
    assert value == pytest.approx(right, abs=0.5e-4 * (parts + 1))


def test_the_badge_says_where_the_numbers_come_from(open_page):
    page = open_page(f"{PATH}?preset=sentence")
    assert "projected from a head of all-MiniLM-L6-v2" in page.locator(".badge").inner_text()
    assert "of its squared scores" in page.locator("body").inner_text()


def test_an_edit_changes_everything_below_and_can_be_undone(open_page):
    page = open_page(PATH)
    type_into(page, "q", 5, 0, "1,5")
    wait_text(page, cell(page, "product", 5, 7), "2.0300")
    assert cell(page, "q", 5, 0).inner_text() == "1.5000"
    assert "changed" in cell(page, "weight", 5, 7).get_attribute("class")
    assert "changed" not in cell(page, "weight", 4, 7).get_attribute("class")
    assert "0.2287 → 0.3100" in page.locator(".changes").inner_text()
    page.get_by_role("button", name="Undo").click()
    wait_text(page, cell(page, "product", 5, 7), "1.2200")
    page.get_by_role("button", name="Redo").click()
    wait_text(page, cell(page, "product", 5, 7), "2.0300")
    page.wait_for_function("location.search.includes('lesson=')")
    page.reload()
    page.get_by_role("region", name="Arithmetic").wait_for()
    assert cell(page, "product", 5, 7).inner_text() == "2.0300"
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Everything").click()
    wait_text(page, cell(page, "product", 5, 7), "1.2200")


def test_one_number_or_one_matrix_can_be_reset(open_page):
    page = open_page(PATH)
    for row, number, shown in ((5, "2", "2.4800"), (7, "3", "3.5300")):
        type_into(page, "q", row, 0, number)
        wait_text(page, cell(page, "product", row, 7), shown)
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Only Q[7, 0]").click()
    wait_text(page, cell(page, "product", 7, 7), "1.4600")
    assert cell(page, "product", 5, 7).inner_text() == "2.4800"
    page.get_by_role("button", name="Matrix Q").click()
    wait_text(page, cell(page, "product", 5, 7), "1.2200")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("many", "is not a number"),
        ("nan", "cannot be calculated with"),
        ("inf", "cannot be calculated with"),
        ("1e308", "1,000,000"),
        ("1,234", "1,234"),
    ],
)
def test_what_is_no_number_is_refused_where_it_stands(open_page, text, said):
    page = open_page(PATH)
    type_into(page, "k", 1, 2, text)
    alert = page.locator("[role=alert]:not(:empty)")
    alert.wait_for()
    assert said.lower() in alert.inner_text().lower()
    assert page.locator("td input").input_value() == text
    assert cell(page, "product", 1, 1).inner_text() == "0.6200"
    page.keyboard.press("Escape")
    assert cell(page, "k", 1, 2).inner_text() == "0.4000"


@pytest.mark.parametrize(
    ("text", "shown"), [("1e2", "100.0000"), (" −2 ", "−2.0000"), ("1/4", "0.2500"), (".5", "0.5000")]
)
def test_numbers_are_read_as_a_person_means_them(open_page, text, shown):
    page = open_page(PATH)
    type_into(page, "v", 0, 0, text)
    wait_text(page, cell(page, "v", 0, 0), shown)


def test_keys_alone_are_enough(open_page):
    page = open_page(PATH)
    cell(page, "q", 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    wait_text(page, cell(page, "q", 1, 1), "3.0000")
    wait_text(page, cell(page, "product", 1, 0), "0.4000")
    assert page.locator("td input").get_attribute("aria-label").endswith("row 1, column 2")


def test_cells_of_the_mask_are_turned_by_click(open_page):
    page = open_page(PATH)
    page.get_by_text("Mask by click").click()
    cell(page, "mask", 5, 7).wait_for()
    cell(page, "mask", 5, 7).click()
    wait_text(page, cell(page, "weight", 5, 7), "0.0000")
    assert cell(page, "masked", 5, 7).inner_text() == "−∞"
    assert "“it” gives most, 0.2197, to “it”" in page.locator(".say").inner_text()


def test_the_textbook_is_held_against_the_truth(open_page):
    page = open_page(PATH)
    region = page.get_by_role("region", name="The textbook held against the truth")
    for summary in region.locator("summary").all():
        summary.click()
    page.wait_for_timeout(300)
    rows = [row.locator("td").all_inner_texts() for row in region.locator("tbody tr").all()]
    assert len(rows) == len(claims()) == 27
    assert ["“tired”", "0.08 ✗", "", "0.2287", "0.1805"] in rows
    assert ["“animal”", "0.70 ✗", "0.60", "0.1458", "0.1392"] in rows
    assert any(row[0] == "all together" and row[2] == "1.01" for row in rows)
    own = [line for line in region.locator("p.line").all_inner_texts() if "=" in line]
    assert len(own) == 5
    assert all(holds(line) for line in own)
    assert [line.rpartition(" = ")[2] for line in own] == ["1.0000", "1.0100", "0.6010", "0.5190", "0.4330"]
    region.get_by_role("button", name="0.2287").first.click()
    page.wait_for_timeout(600)
    assert lines(page)[-1].endswith("0.2287")


def test_a_lesson_file_is_saved_opened_and_refused_when_broken(open_page, tmp_path):
    page = open_page(PATH)
    type_into(page, "q", 5, 0, "2")
    wait_text(page, cell(page, "product", 5, 7), "2.4800")
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
    assert "K[1, 1]" in note.inner_text()
    assert cell(page, "product", 5, 7).inner_text() == "2.4800"
    page.locator("input[type=file]").set_input_files(good)
    wait_text(page, cell(page, "product", 5, 7), "3.3800")


def test_a_broken_address_is_refused_and_says_why(open_page):
    page = open_page(f"{PATH}?lesson=AAAA")
    assert "lesson" in page.get_by_text("Some of this address").inner_text()
    assert cell(page, "product", 5, 7).inner_text() == "1.2200"


def test_the_whole_solution_can_be_taken_away(open_page):
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
