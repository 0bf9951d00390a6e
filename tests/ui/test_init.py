"""The folders of the pages: each imports only from those below it, and has a docstring."""

import ast

import pytest

from tests.paths import ROOT

UI = ROOT / "ui"
PAGES = ("inspect", "step_by_step", "worked_example")
LAYERS = ("components",), ("words",), ("shared",), ("arithmetic", "matrices"), PAGES
LAYER = {folder: layer for layer, folders in enumerate(LAYERS) for folder in folders}


def imported_folders(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ui."):
            yield node.module.split(".")[1]


def test_every_folder_is_in_a_layer():
    assert {path.parent.name for path in UI.glob("*/__init__.py")} == set(LAYER)


@pytest.mark.parametrize("folder", LAYER)
def test_a_folder_imports_only_from_itself_and_lower_layers(folder):
    for path in (UI / folder).glob("*.py"):
        for other in imported_folders(path):
            assert other == folder or LAYER[other] < LAYER[folder], f"{folder}/{path.name} imports {other}"


@pytest.mark.parametrize("folder", LAYER)
def test_a_folder_has_a_docstring(folder):
    assert ast.get_docstring(ast.parse((UI / folder / "__init__.py").read_text(encoding="utf-8")))
