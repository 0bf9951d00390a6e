"""The matrices of Worked example and Step by step: their equations, their names, the line below, and refusals."""

import json
import re

import pytest
from playwright.sync_api import expect

from attention_core.lessons.lesson_file import to_json
from attention_core.lessons.presets import preset
from tests.browser.conftest import settle
from tests.browser.test_worked_example import PATH, cell, type_into
from tests.evaluate import evaluate

pytestmark = pytest.mark.browser
SUM = "Token, position and segment embeddings added"
STEPS = "/step_by_step?layer=3&head=1&step="


def equations(page):
    """What each row of matrices reads as: signs, captions' titles and marks, in the order of the page."""
    page.locator("div.equation").first.wait_for()
    rows = page.locator("div.equation").all()
    parts = [row.locator(".sign:not(:empty), .caption b, .after:not(:empty)").all_inner_texts() for row in rows]
    return [" ".join(row).replace("\xa0", " ") for row in parts]


def test_the_textbooks_matrices_read_as_equations(open_page):
    page = open_page(PATH)
    assert equations(page) == [
        "Queries × Keys ᵀ = Dot products QKᵀ",
        "softmax(Dot products QKᵀ) = Attention weights",
        "Attention weights × Values = Weighted sum of values",
    ]
    page.get_by_text("÷ √d_head").click()
    page.locator('figure[data-name="score"]').wait_for()
    assert "Dot products QKᵀ ÷ √3 = Scores" in equations(page)
    group = page.get_by_role("group", name="Queries × Keysᵀ = Dot products QKᵀ")
    expect(group.get_by_role("grid")).to_have_count(3)


@pytest.mark.parametrize(
    ("step", "read"),
    [
        (3, "W_E + W_pos + W_seg = Token, position and segment embeddings added"),
        (3, f"(({SUM}) − mean) ÷ standard deviation ⊙ w_norm + b_norm = Embeddings"),
        (4, "Input to this layer × W_Q + b_Q = Queries"),
        (5, "Queries × Keys ᵀ = Dot products QKᵀ"),
        (6, "Dot products QKᵀ ÷ √32 = Scores"),
        (8, "softmax( Scores ) = Attention weights"),
        (9, "Attention weights × Values = Weighted sum of values"),
    ],
)
def test_the_matrices_of_a_step_read_as_equations(open_page, step, read):
    page = open_page(f"{STEPS}{step}", wait=False)
    assert read in equations(page)


@pytest.mark.parametrize("path", [PATH, f"{STEPS}5", f"{STEPS}5&text={'+'.join(['cat'] * 40)}"])
def test_the_mark_of_a_transposed_matrix_is_at_its_corner(open_page, path):
    """Whether one or two lines to page through it are above, or none."""
    page = open_page(path, wait=False)
    figure = page.locator('figure[data-name="k"]')
    mark, table = figure.locator(".after").bounding_box(), figure.locator("table").bounding_box()
    assert 0 <= mark["y"] - table["y"] < 12  # half of a row
    assert 0 <= mark["x"] - (table["x"] + table["width"]) < 10


def test_one_line_says_what_to_do_with_a_number(open_page):
    page = open_page(f"{STEPS}5", wait=False)
    expect(page.locator(".made")).to_have_text(
        "Point at a number to see what it is computed from. Click a computed number to open its computation."
    )
    assert page.get_by_text("Point at").count() == 1


@pytest.mark.parametrize("digits", ["fractions", "preset"])
def test_the_line_below_follows_the_numbers(open_page, digits):
    page = open_page(f"{PATH}?preset=paper")
    cell(page, "product", 0, 0).focus()
    line = page.locator(".made")
    expect(line).to_contain_text("1.0000 × 2.0000")
    if digits == "fractions":
        page.get_by_text("fractions", exact=True).click()
        expect(line).to_contain_text("= 1 × 2 + 0 × 0 + 1 × 0 + 0 × 2 = 2")
        return
    box = page.locator(".st-key-_lesson_preset input")
    box.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('figure[data-name="q"] th[scope=row]').first).not_to_have_text("I")
    settle(page)
    expect(line).to_contain_text(f"= {cell(page, 'product', 0, 0).inner_text()}")
    value, right, _, parts = evaluate(line.inner_text().partition("] = ")[2])
    assert value == pytest.approx(right, abs=0.5e-4 * (parts + 1))


def test_the_line_below_is_empty_of_a_cell_that_is_gone(open_page):
    page = open_page(PATH)
    cell(page, "product", 7, 7).hover()
    expect(page.locator(".made")).to_contain_text("1.4600")
    page.get_by_role("button", name="Shape and words").click()
    page.get_by_label("Words", exact=True).fill("4")
    page.keyboard.press("Enter")
    expect(page.locator('figure[data-name="q"] th[scope=row]')).to_have_count(4)
    expect(page.locator(".made")).to_have_text(
        "Point at a number to see what it is computed from. Click a computed number to open its computation."
    )
    expect(page.locator("td.here")).to_have_count(0)


def test_the_rest_of_a_long_sum_has_the_digits_of_the_page(open_page):
    page = open_page(f"{PATH}?preset=sentence")
    cell(page, "z", 4, 1).hover()
    line = page.locator(".made").inner_text()
    assert re.search(r" \+ \(?−?\d\.\d{4}\)? from 4 more = ", line), line
    value, right, _, parts = evaluate(line.partition("] = ")[2].replace(" from 4 more", ""))
    assert value == pytest.approx(right, abs=4e-4 * parts)


def test_the_page_says_what_can_be_edited(open_page):
    page = open_page(PATH)
    hint = page.locator(".hint")
    expect(hint).to_have_text(
        "You can edit Queries, Keys and Values (✎): click a number and type. All that depends on it is computed again."
    )
    expect(page.locator("figure .caption", has_text="✎")).to_have_count(3)
    page.get_by_text("Edit mask").click()
    expect(hint).to_contain_text("Click a cell of Mask to switch it.")


def test_every_cell_has_a_role_and_a_name(open_page):
    page = open_page(PATH)
    page.get_by_text("Edit mask").click()
    page.locator('figure[data-name="mask"]').wait_for()
    settle(page)
    matrix = page.get_by_role("grid", name="Queries, 8 × 3")
    expect(matrix.get_by_role("columnheader")).to_have_text(["0", "1", "2"])
    expect(matrix.get_by_role("rowheader")).to_have_count(8)
    names = [
        "Queries, row 5 “it”, column 2: 0.4000, editable",
        "Dot products QKᵀ, row 5 “it”, column 7 “tired”: 1.2200",
        "Mask, row 0 “The”, column 0 “The”: 1, editable: Enter switches it",
    ]
    for name in names:
        expect(page.get_by_role("gridcell", name=name, exact=True)).to_have_count(1)
    cells = page.locator("figure td:not(.corner)")
    assert cells.evaluate_all("all => all.every(each => each.role === 'gridcell' && each.ariaLabel)")
    editable = cells.evaluate_all("all => all.filter(each => each.ariaReadOnly === 'false').length")
    assert editable == 8 * 3 * 3 + 8 * 8
    type_into(page, "q", 5, 2, "0.7")
    expect(page.get_by_role("gridcell", name="Queries, row 5 “it”, column 2: 0.7000, editable")).to_have_count(1)


def test_a_number_is_pasted_into_the_focused_cell(open_page):
    page = open_page(PATH)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText(' 1/4 ')")
    cell(page, "v", 0, 1).focus()
    page.keyboard.press("ControlOrMeta+v")
    page.keyboard.press("Enter")
    expect(cell(page, "v", 0, 1)).to_have_text("0.2500")
    page.get_by_text("fractions", exact=True).click()
    expect(cell(page, "v", 0, 1)).to_have_text("1/4")
    page.keyboard.press("Escape")
    cell(page, "product", 0, 0).focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(page.locator("td input")).to_have_count(0)


@pytest.mark.parametrize("name", ["textbook", "sentence"])
def test_a_change_leaves_the_controls_in_place(open_page, name):
    """On a phone, the settings stay unfolded."""
    page = open_page(f"{PATH}?preset={name}", width=390, height=844)
    settings = page.locator("details.fold")
    settings.locator("summary").click()
    page.get_by_text("÷ √d_head").click()
    page.wait_for_function("location.search.includes('lesson=')")
    settle(page)
    expect(settings).to_have_attribute("open", "")
    page.get_by_text("Edit mask").click()
    cell(page, "mask", 0, 1).click()
    expect(page.locator(".changes")).to_contain_text(re.compile(r"numbers changed\. Mask \[.*\]: 1 → 0;"))
    expect(settings).to_have_attribute("open", "")


def test_editing_is_announced_with_its_refusal(open_page):
    page = open_page(PATH)
    type_into(page, "k", 5, 2, "many")
    field = page.get_by_role("textbox", name="New number: Keys, row 5 “it”, column 2")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").filter(has_text="“many” is not a number")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert").filter(has_text="many")).to_have_count(0)


@pytest.mark.parametrize(("name", "row", "column"), [("q", 0, 0), ("k", 3, 1), ("v", 3, 1)])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_refusal_is_shown_whole(open_page, name, row, column, width):
    page = open_page(f"{PATH}?preset=equal", width=width)
    cell(page, name, row, column).scroll_into_view_if_needed()
    type_into(page, name, row, column, "1,234")
    alert = page.locator("[role=alert]:not(:empty)")
    expect(alert).to_contain_text("Write it without the comma.")
    box = alert.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    topmost = """(node) => { const { left, top, right, bottom } = node.getBoundingClientRect()
      return [[left + 3, top + 3], [right - 3, top + 3], [left + 3, bottom - 3], [right - 3, bottom - 3]]
        .every(([x, y]) => node.getRootNode().elementFromPoint(x, y) === node) }"""
    assert alert.evaluate(topmost)


def test_a_lesson_file_opened_beside_a_preset_is_not_that_preset(open_page, tmp_path):
    page = open_page(f"{PATH}?preset=heads")
    lesson = tmp_path / "mine.json"
    lesson.write_text(to_json(preset("paper")), encoding="utf-8")
    page.get_by_role("button", name="Save and open").click()
    expect(page.get_by_text("1MB per file")).to_have_count(1)
    page.locator("input[type=file]").set_input_files(lesson)
    expect(page.get_by_text("A lesson opened from a file.")).to_have_count(1)
    expect(cell(page, "q", 1, 1)).to_have_text("2.0000")
    expect(page.get_by_text("have been changed")).to_have_count(0)
    page.keyboard.press("Escape")
    type_into(page, "q", 1, 1, "3")
    expect(page.get_by_text("The lesson file, changed since.")).to_have_count(1)
    page.wait_for_function("location.search.includes('lesson=')")
    page.reload()
    page.get_by_role("region", name="Arithmetic").wait_for()
    settle(page)
    expect(cell(page, "q", 1, 1)).to_have_text("3.0000")
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Everything").click()
    expect(cell(page, "q", 1, 1)).to_have_text("2.0000")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save and open").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Lesson file")).click()
    assert json.loads(download.value.path().read_text("utf-8")) == json.loads(lesson.read_text("utf-8"))
