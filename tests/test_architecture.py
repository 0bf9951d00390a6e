"""Imports go one way, and importing the core costs neither torch nor a network."""

import ast
import subprocess
import sys

import pytest

from tests.paths import ROOT

FLOORS = [{"app", "pages"}, {"ui"}, {"components", "figures"}, {"attention_core"}]
NUMPY_ONLY = {"attention_core": {"streamlit", "plotly", "torch", "PIL"}, "figures": {"streamlit", "torch", "PIL"}}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("floor", range(len(FLOORS)))
def test_imports_go_one_way(floor):
    above = set().union(*FLOORS[:floor])
    checked = 0
    for name in FLOORS[floor]:
        for path in [ROOT / f"{name}.py", *(ROOT / name).rglob("*.py")]:
            if path.exists():
                checked += 1
                forbidden = above | NUMPY_ONLY.get(name, set())
                assert not forbidden & set(imported(path)), f"{path.name} imports what stands above it"
    assert checked


def test_importing_the_core_is_light():
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = no\n"
        "import attention_core as ac\n"
        "ac.load('minilm').trace('Hello')\n"
        "assert not {'torch', 'transformers', 'streamlit', 'plotly'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)
