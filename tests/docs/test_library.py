"""The notebook's stored outputs are what its cells give now."""

import re

import pytest

from tests.notebook import LIBRARY, outputs, read, run_cell, source

CELLS = [cell for cell in read()["cells"] if cell["cell_type"] == "code"]
NUMBER = re.compile(r"\d+\.\d+")
ROUNDING = re.compile(r"<small>Rounding: .*?</small>\n")


@pytest.fixture(scope="module")
def values():
    """The printed text and last value of each cell, run in order."""
    names = {}
    return [run_cell(source(cell), names) for cell in CELLS]


def text_and_numbers(cell_outputs):
    """Outputs as text without decimal numbers, and these numbers; rounding notes differ between machines."""
    parts = [part for each in cell_outputs for part in (each.get("data") or {"stdout": each["text"]}).values()]
    text = ROUNDING.sub("", "\n".join("".join(part) for part in parts))
    return NUMBER.sub("#", text), [float(number) for number in NUMBER.findall(text)]


@pytest.mark.parametrize("index", range(len(CELLS)))
def test_a_cell_gives_its_stored_output(values, index):
    """Words and whole numbers exactly, decimals within the differences between machines."""
    text, numbers = text_and_numbers(outputs(*values[index], index + 1))
    stored, expected = text_and_numbers(CELLS[index]["outputs"])
    assert text == stored
    assert numbers == pytest.approx(expected, abs=2e-4)


def test_figures_are_plotly_figures_of_the_weights(values):
    figures = [value for _, value in values if type(value).__module__.startswith("plotly.")]
    assert [figure.data[0].type for figure in figures] == ["heatmap", "scatter"]
    assert float(figures[0].data[0].z[10][2]) == pytest.approx(0.677, abs=5e-4)
    assert all("it → animal 0.68" in str(figure.to_dict()) for figure in figures)


def test_the_textbook_case_is_printed(values):
    assert "it → animal 0.677\nit → street 0.050\n" in values[2][0]


def test_the_file_is_small_and_has_no_script():
    text = LIBRARY.read_text(encoding="utf-8")
    assert len(text) < 40_000
    assert "<script" not in text
