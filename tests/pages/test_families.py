"""Inspect and Step by step for every family, without a browser: every number opens, and every line is true."""

import itertools
import json
import re
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.computation.derivation import Address
from attention_core.explain import number_at, open_term
from tests.evaluate import holds
from tests.every_family import CASES, kinds_of_layers
from tests.mounted import mounted
from tests.oracle.references import REFERENCES
from tests.pages.test_pages import grids as sent_grids
from tests.paths import APP
from tests.small_tokenizers import TEXT
from ui.arithmetic.derivation import opened_number
from ui.matrices.grids import build_grids
from ui.matrices.matrix import View
from ui.shared.offer import MODELS_VARIABLE
from ui.shared.trail import Trail
from ui.step_by_step.steps import STEPS, step_quantities
from ui.words.short_names import name_trail

NAMES = [name for name, case in CASES.items() if not REFERENCES[case.family].decoder]
QUERY, KEY = 9, 4
ALPHABETS = re.compile("[Ġ▁]|<0x|ç|Į")


@pytest.fixture(scope="module", params=NAMES)
def model(request, tmp_path_factory):
    return ac.load(CASES[request.param].write(tmp_path_factory.mktemp("family") / f"walked-{request.param}"))


@pytest.fixture(scope="module")
def trace(model):
    return model.trace(TEXT)


@pytest.fixture(scope="module", params=CASES)
def sides(request, tmp_path_factory):
    """Every attention of a family's run: one, or several for an encoder–decoder."""
    model = ac.load(CASES[request.param].write(tmp_path_factory.mktemp("family")))
    run = model.trace(TEXT) if isinstance(model, ac.Model) else model.trace(TEXT, target="the cat")
    return [each.caching() for each in attention_views(run).values()]


@pytest.fixture
def show(model, monkeypatch):
    """Draws a page for each address, in one session."""
    monkeypatch.setenv(MODELS_VARIABLE, model.name)
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
    """The data sent to the arithmetic, after every line was evaluated again."""
    sent = next(each for each in mounted(app) if each.get("name") == "Arithmetic")
    for part in [*sent["steps"], *([sent["opened"]] if sent["opened"] else [])]:
        for line in [*part["lines"], *(line for fold in part.get("folds") or [] for line in fold.get("lines", []))]:
            if " = " in text(line):
                assert holds(text(line)), text(line)
    return sent


def test_every_quantity_opens_into_lines_that_are_true(sides):
    for trace in {id(each.trace): each.trace for each in sides}.values():
        for layer in (None, *kinds_of_layers(trace.model.config)):
            for quantity in trace.declared(layer):
                shape = trace.array(quantity, layer).shape
                indices = tuple(size - 1 - (size > 2) for size in shape)
                address = Address(quantity, indices if layer is None else (layer, *indices))
                number = opened_number(Trail((address,)), make=partial(open_term, trace), where=lambda at: "",
                                       names=partial(name_trail, trace))
                for line in number.step.lines:
                    shown = "".join(piece.text for piece in line.pieces)
                    assert " = " not in shown or holds(shown), f"{address}: {shown}"


@pytest.mark.parametrize("heads", ["one", "several"])
def test_every_cell_of_every_step_is_the_number_that_it_opens(sides, heads):
    walked = [*((step, "q") for step in STEPS[2:]), (STEPS[3], "k"), (STEPS[3], "v")]
    for attention, (step, kind) in itertools.product(sides, walked):
        trace, config = attention.trace, attention.config
        shown = (config.n_heads - 1,) if heads == "one" else tuple(range(config.n_heads))
        for layer in kinds_of_layers(config):
            view = View(trace, layer, shown, trace.tokens, key_tokens=attention.key_tokens)
            grids = build_grids(view, step_quantities(step, attention, layer, kind))
            assert grids.matrices, step.name
            for matrix in grids.matrices:
                row, column = (len(axis.labels) - 1 for axis in (matrix.rows, matrix.columns))
                term = number_at(trace, grids.address[matrix.name](row, column))
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


@pytest.mark.parametrize("model", ["gpt_oss"], indirect=True)
def test_a_sink_alone_is_not_called_hidden_tokens(model, trace, show):
    query = int(trace.pattern(1)[1].sum(axis=-1).argmin())
    said = html(show(layer=1, head=1, q=query, k=0, hide=True))
    share = 1 - float(trace.pattern(1)[1, query].sum())
    assert "Each head’s sink takes a share, so a row sums to at most 1." in said
    assert f"gives {share:.2f} of its attention to the head’s sink, not to any token" in said
    steps = arithmetic(app := show(layer=1, head="mean", q=query, k=0, hide=True, renorm=True))["steps"]
    assert steps[-1]["words"][0].startswith("Renormalized: each head’s sink takes a share, and the remaining weights")
    assert "of its attention to the heads’ sinks, not to any token" in html(app)


def html(app):
    return " ".join(each.proto.body for each in app.get("html"))


def test_tokens_are_shown_as_text(trace, show):
    for app in (show(), show("step_by_step", step=2), show("step_by_step", step=8)):
        # Only the tooltip of a token shows its piece as the vocabulary spells it.
        shown = [{key: value for key, value in each.items() if key != "pieces"} for each in mounted(app)]
        sent = json.dumps(shown, ensure_ascii=False) + html(app)
        assert not ALPHABETS.findall(sent), [sent[m.start() - 50 : m.end() + 20] for m in ALPHABETS.finditer(sent)][:5]


def titles(app):
    return " / ".join(matrix["title"] for matrices in sent_grids(app) for matrix in matrices)


def drawing(app):
    return next(each["svg"] for each in mounted(app) if "svg" in each)


def test_step_by_step_of_one_head_describes_the_family(model, trace, show):
    config = model.config
    layer = kinds_of_layers(config)[-1]
    said, shown = {}, {}
    for step in range(1, 12):
        app = show("step_by_step", step=step, layer=layer, q=QUERY, k=KEY, kind="k")
        assert len(sent_grids(app)) == (step > 2)
        said[step], shown[step] = html(app), titles(app)
        assert f"{step} of 11" in said[step]
    turned, shared = bool(config.rotary and config.rotary[layer]), config.n_kv_heads < config.n_heads
    assert ("Angles" in shown[4]) == ("Rotated keys" in shown[4]) == ("rotated, each pair" in said[4]) == turned
    reads_normed = config.norm_position in ("pre", "both") and layer not in config.unnormed_layers
    assert ("The residual stream is normalized first." in said[4]) == reads_normed
    assert ("Normalized keys" in shown[4]) == (config.qk_norm != "none")
    assert (", shared by heads 0 to" in shown[4]) == ("share" in said[4]) == shared
    assert ("soft-capped between" in said[6]) == ("Capped scores" in shown[6]) == bool(config.attn_soft_cap)
    assert ("multiplied by" in said[3]) == (config.embed_scale != 1)
    assert ("to the residual stream’s width" in said[3]) == (config.embed_projection != "none")
    assert ("ALiBi" in said[6]) == ("ALiBi" in shown[6]) == (config.positions == "alibi")
    by_distance = "the distance from query to key" in said[6]
    assert by_distance == ("Relative position bias" in shown[6]) == bool(config.relative)
    assert (f"divided by √{config.attn_root or config.d_head:g}" in said[6]) == (config.attn_root != 1)
    window = config.window(layer)
    assert ("upper right is empty" in said[7]) == config.causal
    assert (f"{(window or 0) - 1} " in said[7].partition("This model is causal")[2]) == bool(config.causal and window)
    assert ("is normalized, and added" in said[11]) == (config.norm_position in ("branch", "both"))
    assert ("together with the MLP" in said[11]) == (config.parallel_block != "no")
    assert ("routed to experts" in said[11]) == (layer in config.moe_layers)


def test_step_by_step_of_all_heads(model, show):
    config = model.config
    for step in (4, 8, 10):
        app = show("step_by_step", step=step, head="mean", layer=kinds_of_layers(config)[-1], drawing="heads")
        assert len(sent_grids(app)) == 1
    groups = config.n_kv_heads if config.n_kv_heads < config.n_heads else 0
    assert drawing(app).count("data-shared") == groups
    assert drawing(app).count("data-head") == config.n_heads
