"""Inspect and Step by step of every family, without a browser: all that is drawn opens, and every line is true."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from attention_core.derivation import Address
from attention_core.explain import number_at, open_term
from attention_core.sides import attentions
from tests.evaluate import holds
from tests.every_family import CASES, kinds_of_layers
from tests.oracle.references import REFERENCES
from tests.pages.test_pages import APP, mounted
from tests.pages.test_pages import grids as sent_grids
from tests.small_tokenizers import TEXT
from ui.grids import grids
from ui.matrices import View
from ui.offer import VARIABLE
from ui.opened import opened
from ui.steps import STEPS, makes

NAMES = [name for name, case in CASES.items() if not REFERENCES[case.family].decoder]
QUERY, KEY = 9, 4
ALPHABETS = re.compile("[Ġ▁]|<0x|ç|Į")


@pytest.fixture(scope="module", params=NAMES)
def model(request, tmp_path_factory):
    return ac.load(CASES[request.param].write(tmp_path_factory.mktemp("family") / f"walked-{request.param}"))


@pytest.fixture(scope="module")
def trace(model):
    return model.trace(TEXT)


@pytest.fixture
def show(model, monkeypatch):
    """Draws a page anew for each address, in one session."""
    monkeypatch.setenv(VARIABLE, model.name)
    app = AppTest.from_file(APP, default_timeout=30)

    def go(page=None, **query):
        if page:
            app.switch_page(f"pages/{page}.py")
        app.query_params.clear()
        app.query_params.update(
            {"model": Path(model.name).name, "text": TEXT, "layer": "0", "head": "1"}
            | {key: str(each) for key, each in query.items()}
        )
        app.run()
        assert not app.exception
        assert not [each.value for each in (*app.error, *app.warning, *app.info)]
        return app

    return go


def text(runs):
    return "".join(run[0] for run in runs if run[1] != "name")


def arithmetic(app):
    """What the arithmetic is sent, every line of it worked out again."""
    sent = next(each for each in mounted(app) if each.get("name") == "Arithmetic")
    for part in [*sent["steps"], *([sent["opened"]] if sent["opened"] else [])]:
        for line in [*part["lines"], *(line for fold in part.get("folds") or [] for line in fold.get("lines", []))]:
            if " = " in text(line):
                assert holds(text(line)), text(line)
    return sent


def test_every_quantity_opens_into_lines_that_are_true(trace):
    for layer in (None, *kinds_of_layers(trace.model.config)):
        for quantity in trace.declared(layer):
            shape = trace.array(quantity, layer).shape
            place = tuple(size - 1 - (size > 2) for size in shape)
            address = Address(quantity, place if layer is None else (layer, *place))
            made = opened(str(address), make=lambda at: open_term(trace, at), where=lambda at: "")
            for line in made["lines"]:
                assert " = " not in text(line) or holds(text(line)), f"{address}: {text(line)}"


@pytest.mark.parametrize("heads", ["one", "several"])
def test_every_cell_of_every_step_is_the_number_that_it_opens(trace, heads):
    attention, config = attentions(trace)[None], trace.model.config
    own = (config.n_heads - 1,) if heads == "one" else tuple(range(config.n_heads))
    for layer in kinds_of_layers(config):
        for step, kind in [*((step, "q") for step in STEPS[2:]), (STEPS[3], "k"), (STEPS[3], "v")]:
            made = grids(View(trace, layer, own, trace.tokens), makes(step, attention, layer, kind))
            assert made.matrices, step.name
            for matrix in made.matrices:
                row, column = (len(axis.labels) - 1 for axis in (matrix.rows, matrix.columns))
                term = number_at(trace, made.address[matrix.name](row, column))
                assert term.value == pytest.approx(matrix.values[row, column], abs=1e-5), (step.name, str(term.at))


def test_inspect(model, trace, show):
    for layer in kinds_of_layers(model.config):
        sent = arithmetic(show(layer=layer, head=1, q=QUERY, k=KEY))
        assert float(sent["weight"]) == pytest.approx(float(trace.pattern(layer)[1, QUERY, KEY]), abs=1e-5)
        app = show(layer=layer, head="mean", q=QUERY, k=KEY, hide=True, renorm=True)
        left = [i for i, piece in enumerate(trace.pieces) if not piece.special]
        row = trace.pattern(layer)[:, QUERY].mean(axis=0)
        assert f"{row[KEY] / row[left].sum():.2f}</b> of its attention" in html(app)
        arithmetic(app)


def html(app):
    return " ".join(each.proto.body for each in app.get("html"))


def test_the_tokens_are_told_as_text(trace, show):
    for app in (show(), show("step_by_step", step=2), show("step_by_step", step=8)):
        sent = json.dumps(mounted(app), ensure_ascii=False) + html(app)
        assert not ALPHABETS.findall(sent), [sent[m.start() - 50 : m.end() + 20] for m in ALPHABETS.finditer(sent)][:5]


@pytest.mark.parametrize("head", ["1", "mean"])
def test_step_by_step(model, trace, show, head):
    layer = kinds_of_layers(model.config)[-1]
    for step in range(1 if head == "1" else 4, 12):
        app = show(
            "step_by_step", step=step, head=head, layer=layer, q=QUERY, k=KEY, drawing="one" if head == "1" else "heads"
        )
        assert f"{step} of 11" in html(app)
        assert len(sent_grids(app)) == (step > 2)
