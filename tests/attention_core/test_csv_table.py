"""Tables as CSV: no cell is a formula, whichever separator a spreadsheet expects, and labels and numbers are read back.
"""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.csv_table import csv_table, without_formula

SIGNS = st.sampled_from("=+-@;,|\t\r\n'\" a1.＝\u2028")
LABELS = st.text(SIGNS | st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(allow_nan=False).map(repr)


def spreadsheet_cells(text, separator):
    """The cells of a text as spreadsheets read it: quotation marks count only where a cell begins."""
    cells, cell, at = [], "", 0
    while at < len(text):
        if not cell and text[at] == '"':
            end = at + 1
            while end < len(text) and (text[end] != '"' or text[end : end + 2] == '""'):
                end += 1 + (text[end] == '"')
            cell, at = text[at + 1 : end].replace('""', '"'), end + 1
            while at < len(text) and text[at] not in (separator, "\r", "\n"):
                cell, at = cell + text[at], at + 1
        elif text[at] in (separator, "\r", "\n"):
            cells, cell, at = [*cells, cell], "", at + 1
        else:
            cell, at = cell + text[at], at + 1
    return [*cells, cell]


def is_formula(cell):
    return bool(re.match(r'[\s"]*[=+\-@＝＋－＠]', cell)) and not re.fullmatch(r"-?(\d+(\.\d+)?(e[+-]\d+)?|inf)", cell)


@given(st.lists(LABELS, min_size=1, max_size=3), st.lists(st.tuples(LABELS, NUMBERS), max_size=3))
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_in_any_spreadsheet(separator, columns, rows):
    text = csv_table("", columns, [(label, [number] * len(columns)) for label, number in rows])
    assert not list(filter(is_formula, spreadsheet_cells(text, separator)))


@given(st.lists(LABELS, min_size=1, max_size=3), st.lists(st.tuples(LABELS, NUMBERS), max_size=3))
def test_labels_and_numbers_are_read_back(columns, rows):
    text = csv_table("corner", columns, [(label, [number] * len(columns)) for label, number in rows])
    head, *read = list(csv.reader(io.StringIO(text, newline="")))
    assert head == ["corner", *map(without_formula, columns)]
    assert read == [[without_formula(label), *[number] * len(columns)] for label, number in rows]


@given(LABELS)
def test_only_apostrophes_are_added(label):
    assert without_formula(label).replace("'", "") == label.replace("'", "")


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("=1+1", "'=1+1"), ("@x", "'@x"), ("-", "'-"), (";=1+1", ";'=1+1"), ("a;=1+1", "a;'=1+1"), ("\t=1", "'\t'=1"),
        (' "=1', '\' "=1'), ('a,"=1', 'a,\'"=1'), ("a\n-1", "a\n'-1"), ("＝1", "'＝1"), ("\r", "'\r"),
        ("it", "it"), ("a-b", "a-b"), ("1+1=2", "1+1=2"), ("a; b", "a; b"), ("'=1", "'=1"), ("", ""),
    ],
)  # fmt: skip
def test_a_part_that_would_be_a_formula_gets_an_apostrophe(label, written):
    assert without_formula(label) == written
