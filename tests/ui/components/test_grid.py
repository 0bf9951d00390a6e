"""The data of the grid: digits as shown, colours, and the origin of each number."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from ui.components import grid as module
from ui.components.grid import Axis, CellSource, GridMatrix, Product, Refused, edits_after, grid_message, shades

ROWS = Axis("query", "token (query)", ["a", "b"], 4, 11)
COLUMNS = Axis("dim", "dimension", ["0", "1", "2"], 0, 3)
VALUES = np.array([[0.5, -2.0, 0.0], [np.nan, -np.inf, 1.0]])
TEXTS = [["0.50", "−2.00", "0.00"], ["undefined", "−∞", "1.00"]]


def matrix(**options):
    return GridMatrix("q", "Queries", VALUES, TEXTS, ROWS, COLUMNS, **options)


def test_the_message_is_plain_json_with_every_digit():
    product = Product("s", "q", "k", "dim", ("query", "dim"), ("key", "dim"), bias="b")
    source = CellSource("w", "s", ("query", "key"), free=("key",))
    sent = grid_message([matrix(sign="=", edits="type")], [source], [product], None)
    held = json.loads(json.dumps(sent, allow_nan=False))
    (one,) = held["matrices"]
    assert one["texts"] == TEXTS
    assert one["values"] == [[0.5, -2.0, 0.0], [None, None, 1.0]]
    assert (one["rows"]["start"], one["rows"]["total"], one["rows"]["labels"]) == (4, 11, ["a", "b"])
    assert held["products"][0]["right_axes"] == ["key", "dim"]
    assert held["sources"][0]["free"] == ["key"]


def test_signed_numbers_are_coloured_relative_to_the_largest_and_weights_absolutely():
    np.testing.assert_array_equal(shades(matrix()), [[0.25, -1, 0], [0, 0, 0.5]])
    np.testing.assert_array_equal(shades(matrix(scale="weights")), [[0.5, 0, 0], [0, 0, 1]])
    assert not shades(GridMatrix("z", "", np.zeros((1, 1)), [["0"]], ROWS, COLUMNS)).any()


def test_previous_digits_are_sent_only_for_changed_cells():
    (one,) = grid_message([matrix(before={(1, 2): "0.75"})], [], [], None)["matrices"]
    assert one["before"] == {"1,2": "0.75"}


@pytest.mark.parametrize(("edits", "digits"), [("no", 0.1234568), ("type", 0.12345678901234)])
def test_an_editable_number_is_sent_in_full_precision(edits, digits):
    cell = GridMatrix("q", "", np.array([[0.12345678901234]]), [["0.12"]], ROWS, COLUMNS, edits=edits)
    assert grid_message([cell], [], [], None)["matrices"][0]["values"] == [[digits]]


def test_a_refused_cell_is_sent_with_its_text_and_the_reason():
    sent = grid_message([matrix(edits="type")], [], [], Refused("q", 4, 1, "1,,5", "Not a number."))
    assert sent["refused"] == {"name": "q", "row": 4, "column": 1, "text": "1,,5", "message": "Not a number."}
    assert grid_message([matrix()], [], [], None)["refused"] is None


def test_edits_are_applied_once_and_in_order_however_often_they_are_sent():
    edits = [{"id": i, "name": "q", "row": 0, "column": i, "text": str(i)} for i in (3, 4, 7)]
    assert edits_after(edits, 0) == edits
    assert edits_after(edits, 4) == edits[2:]
    assert edits_after(edits, 7) == []


@pytest.mark.parametrize("sent", [None, 5, {}, [5], [{"id": "9", "text": "1"}], [{"id": True, "text": "1"}],
                                  [{"id": 9, "text": None}], [{"id": 9}]])  # fmt: skip
def test_what_is_no_edit_is_ignored(sent):
    assert edits_after(sent, 0) == []


@pytest.fixture
def answer(monkeypatch):
    """What the page is told of an event that a browser sends of two matrices, of 11 × 3 and 11 × 8 numbers."""
    options = {}
    monkeypatch.setattr(module, "_mount", lambda **given: options.update(given))
    other = GridMatrix("v", "Values", VALUES, TEXTS, ROWS, Axis("dim", "dimension", ["0", "1", "2"], 0, 8))

    def told(event, sent):
        received = []
        monkeypatch.setattr(module, "st", SimpleNamespace(session_state={"grid": SimpleNamespace(**{event: sent})}))
        names = ("on_pick", "on_edit", "on_window")
        calls = {name: lambda *given, name=name: received.append((name, *given)) for name in names}
        module.grid([matrix(), other], [], [], key="grid", **calls)
        options[f"on_{event}_change"]()
        return received

    return told


@pytest.mark.parametrize(("row", "column", "exists"), [(10, 2, True), (2, 3, False), (11, 0, False), (-1, 0, False)])
def test_only_cells_of_the_whole_matrix_are_picked_and_edited(answer, row, column, exists):
    cell = {"name": "q", "row": row, "column": column}
    assert answer("pick", cell) == [("on_pick", "q", row, column)] * exists
    edit = [cell | {"id": 1, "text": "0.5"}]
    assert answer("edit", edit) == [("on_edit", "q", row, column, "0.5")] * exists


@pytest.mark.parametrize(("start", "exists"), [(2, True), (7, True), (8, False)])
def test_a_window_may_begin_anywhere_along_the_longest_axis_of_its_name(answer, start, exists):
    assert answer("window", {"axis": "dim", "start": start}) == [("on_window", "dim", start)] * exists
    assert answer("window", {"axis": "none", "start": 0}) == []
