"""The public API: the names in `dir`, tab completion and `help`."""

import inspect
import pydoc
import subprocess
import sys

import pytest

import attention_core as ac
from tests.paths import ROOT

FACE = [ac, ac.explain, ac.plot]
FUNCTIONS = [
    *(getattr(module, name) for module in FACE for name in module.__all__ if inspect.isfunction(getattr(module, name))),
    ac.Model.trace, ac.ImageModel.trace, ac.EncoderDecoder.trace, ac.EncoderDecoder.write, ac.Model.parameter,
]  # fmt: skip


@pytest.mark.parametrize("module", FACE)
def test_dir_lists_only_public_names(module):
    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


def test_the_public_names_include_those_of_the_readme_and_the_notebook():
    assert {"load", "explain", "plot", "write", "greedy", "sampled", "errors"} <= set(dir(ac))
    assert dir(ac.plot) == ["arithmetic", "attention_graph", "attention_heatmap", "graph", "heatmap"]
    assert dir(ac.explain) == ["cosine", "open_term", "output", "weight"]


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f is not ac.greedy], ids=lambda f: f.__qualname__)
def test_each_function_says_which_errors_it_raises(function):
    assert any(f"{name}Error" in function.__doc__ for name in ("Input", "UnknownModel"))


@pytest.mark.parametrize("kind", [ac.Model, ac.ImageModel, ac.EncoderDecoder, ac.EncoderDecoderTrace, ac.Trace])
def test_every_public_method_is_described(kind):
    for name, value in inspect.getmembers(kind):
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert value.__doc__, f"{kind.__name__}.{name}"


def test_help_shows_how_to_start_and_no_internal_function():
    text = pydoc.render_doc(ac, renderer=pydoc.plaintext)
    assert 'ac.load("minilm")' in text
    assert "def check_index" not in text
    assert "ac.plot.heatmap" in text


def test_the_library_works_without_plotly_and_says_what_a_figure_needs():
    code = (
        "import sys\n"
        "sys.modules['plotly'] = None\n"
        "import attention_core as ac\n"
        "trace = ac.load('minilm').trace('Hello')\n"
        "print(ac.plot.arithmetic(ac.explain.weight(trace, 0, 0, 0, 0)))\n"
        "try:\n    ac.plot.heatmap(trace, 0, 0)\n"
        "except ac.errors.MissingPackageError as error: print(error)\n"
    )
    command = [sys.executable, "-X", "utf8", "-c", code]
    printed = subprocess.check_output(command, cwd=ROOT, timeout=60, encoding="utf-8")
    assert printed.endswith('A figure needs Plotly: pip install "attention-lab[plot]".\n')
    assert "weight = e^(" in printed
