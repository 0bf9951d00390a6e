"""What is declared, what is pinned and what is imported are the same distributions."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain

import pytest
from packaging.requirements import Requirement

from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OWN = {"attention_core", "app", "pages", "ui"}
PLOT = ROOT / "attention_core" / "plot"


def declared(*lists):
    """The requirements of some lists, but the package's own extras: name -> range."""
    found = [Requirement(line) for line in chain(*lists)]
    return {each.name: each.specifier for each in found if each.name != PROJECT["name"]}


def imported(*places):
    """The distributions that are imported, within functions too, by files and by all modules of folders."""
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))]
    names = {
        name.split(".")[0]
        for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        )
    }  # fmt: skip
    assert names
    return {packages_distributions()[name][0] for name in names - sys.stdlib_module_names - OWN}


def test_what_is_pinned_is_what_is_declared():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    pinned = dict(re.fullmatch(r"([\w-]+)==([\d.]+)", line).groups() for line in lines)
    ranges = declared(PROJECT["dependencies"], *EXTRAS.values())
    assert pinned.keys() == ranges.keys()
    assert {name: version for name, version in pinned.items() if version not in ranges[name]} == {}


def test_the_library_declares_what_it_imports():
    core = [path for path in (ROOT / "attention_core").rglob("*.py") if PLOT not in path.parents]
    assert imported(*core) == declared(PROJECT["dependencies"]).keys()
    assert imported(PLOT) - declared(PROJECT["dependencies"]).keys() == declared(EXTRAS["plot"]).keys()


@pytest.mark.parametrize("name", ["app", "plot"])
def test_an_extra_brings_nothing_that_the_library_has(name):
    assert not declared(PROJECT["dependencies"]).keys() & declared(EXTRAS[name]).keys()


def test_the_application_declares_what_it_imports():
    assert EXTRAS["app"][0] == "attention-lab[plot]"
    own = imported(ROOT / "app.py", ROOT / "pages", ROOT / "ui") - declared(PROJECT["dependencies"]).keys()
    assert own == declared(EXTRAS["app"]).keys()
