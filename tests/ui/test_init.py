"""The rooms of the pages: each imports only from those below it, and says what belongs there."""

import ast

import pytest

from tests.paths import ROOT

UI = ROOT / "ui"
PAGES = ("inspect", "step_by_step", "worked_example")
FLOORS = ("components",), ("words",), ("shared",), ("arithmetic", "matrices"), PAGES
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def rooms_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ui."):
            yield node.module.split(".")[1]


def test_every_room_is_on_a_floor():
    assert {path.parent.name for path in UI.glob("*/__init__.py")} == set(FLOOR)


@pytest.mark.parametrize("room", FLOOR)
def test_a_room_imports_from_itself_and_from_below(room):
    for path in (UI / room).glob("*.py"):
        for other in rooms_imported(path):
            assert other == room or FLOOR[other] < FLOOR[room], f"{room}/{path.name} imports {other}"


@pytest.mark.parametrize("room", FLOOR)
def test_a_room_says_what_belongs_there(room):
    assert ast.get_docstring(ast.parse((UI / room / "__init__.py").read_text(encoding="utf-8")))
