"""The pages of an encoder–decoder without a browser: every side and step is drawn, junk is named."""

import json
import struct

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from attention_core.attention_view import attention_views
from tests.mounted import mounted
from tests.paths import APP
from tests.random_model import T5, write_pair
from ui.shared.controls import generated_target_note
from ui.shared.offer import MODELS_VARIABLE

TEXT, TARGET = "w1 w5 w1 w8 w13", "w3 w21 w2"
SHAPES = {"encoder": (6, 6), "decoder": (4, 4), "cross": (4, 6)}
SIDES = pytest.mark.parametrize("side", SHAPES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("pair"), T5)


@pytest.fixture
def opened(folder, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, f"pages-pair={folder}")

    def go(page=None, **query):
        app = AppTest.from_file(APP, default_timeout=30)
        if page:
            app.switch_page(f"pages/{page}.py")
        for key, value in ({"model": "pages-pair", "text": TEXT, "target": TARGET, "layer": 1} | query).items():
            app.query_params[key] = str(value)
        app.run()
        assert not app.exception
        return app

    return go


def heatmap(app):
    """The header of the heatmap."""
    (message,) = [each.proto.bytes for each in app.get("bidi_component") if each.proto.WhichOneof("data") == "bytes"]
    (length,) = struct.unpack("<I", message[:4])
    return json.loads(message[4 : 4 + length])


def html(app):
    return " ".join(each.proto.body for each in app.get("html"))


def address(app):
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


@SIDES
def test_each_side_has_its_own_tokens_and_weight(opened, folder, side):
    app = opened(side=side, head=2, q=2, k=1)
    n_query, n_key = SHAPES[side]
    header = heatmap(app)
    assert len(header["tokens"]) == header["n"] == n_query
    assert (header["keys"] is None) == (side != "cross")
    assert len((header["keys"] or header)["tokens"]) == n_key
    strip = next(each for each in mounted(app) if "labels" in each)
    assert ("keys" in strip) == (side == "cross")
    (arithmetic,) = [each for each in mounted(app) if "steps" in each]
    own = attention_views(ac.load(folder).trace(TEXT, target=TARGET))[side]
    assert float(arithmetic["weight"]) == pytest.approx(float(own.pattern(1)[2, 2, 1]), abs=2e-6)
    assert ("upper right is empty" in html(app)) == (side == "decoder")


def test_the_start_token_is_special_and_hidden_with_the_others(opened):
    header = heatmap(opened(side="cross"))
    assert (header["special"], header["keys"]["special"]) == ([1, 0, 0, 0], [0, 0, 0, 0, 0, 1])
    header = heatmap(opened(side="cross", hide=True))
    assert (header["tokens"], header["keys"]["tokens"]) == (["w3", "w21", "w2"], ["w1", "w5", "w1", "w8", "w13"])


def test_queries_and_keys_have_limits_of_their_own(opened):
    app = opened(side="cross", q=99, k=99)
    (strip,) = [each for each in mounted(app) if "labels" in each]
    assert (strip["query"], strip["key"]) == (3, 5)


def test_without_a_target_the_model_writes_and_says_so(opened, folder):
    app = opened(side="cross", target="")
    run = ac.load(folder).write(TEXT)
    assert heatmap(app)["tokens"] == run.decoder.tokens
    assert "target written by the model" in html(app)
    assert "always its likeliest next token, stopped after 32 tokens" in html(app)
    assert "written by the model" not in html(opened(side="cross"))


def test_what_is_said_of_a_stop_is_how_many_tokens_were_written(folder):
    assert "stopped after 5 tokens" in generated_target_note(ac.load(folder).write(TEXT, most=5))


def test_a_side_that_is_none_is_named_and_the_encoder_stands(opened):
    app = opened(side="sideways")
    assert any("made no sense" in each.value and "side" in each.value for each in app.info)
    assert heatmap(app)["n"] == 6


def test_the_layers_are_those_of_the_side(opened):
    app = opened(side="cross", layer=2)
    assert any("The decoder has layers 0 to 1" in each.value for each in app.info)
    assert address(app)["layer"] == "1"
    assert not opened(side="encoder", layer=2).info


def test_a_model_of_one_side_takes_no_side(opened):
    app = opened(model="minilm", text="it was", side="cross", layer=3)
    assert any("one side alone" in each.value for each in app.info)
    assert {"side", "target"}.isdisjoint(address(app))
    assert not [each for each in app.text_input if each.label == "Target"]
    assert not [each for each in app.get("button_group") if each.proto.label == "Side"]


def test_a_new_side_begins_with_nothing_chosen(opened):
    app = opened(side="encoder", q=5, k=0, open="q.1.2.5.0")
    (side,) = [each for each in app.get("button_group") if each.proto.label == "Side"]
    side.set_value("cross").run()
    assert not app.exception
    assert address(app)["side"] == "cross"
    assert {"q", "k", "open"}.isdisjoint(address(app))


@SIDES
@pytest.mark.parametrize("head", ["1", "mean"])
@pytest.mark.parametrize("step", range(1, 12))
def test_every_step_of_every_side_is_drawn(opened, side, head, step):
    app = opened("step_by_step", side=side, step=step, head=head)
    assert f"{step} of 11" in html(app)
    grids = [each["matrices"] for each in mounted(app) if "matrices" in each]
    assert len(grids) == (0 if step < 3 else 1)
    if step == 8:
        (weight,) = [each for each in grids[0] if each["name"].partition("@")[0].endswith("weight")][:1]
        assert (weight["rows"]["total"], weight["columns"]["total"]) == SHAPES[side]
        assert weight["scale"] == "weights"


def test_the_steps_of_cross_attention_name_both_texts(opened):
    app = opened("step_by_step", side="cross", step=5)
    product = next(each["matrices"] for each in mounted(app) if "matrices" in each)[-1]
    assert product["rows"]["labels"] == ["<pad>", "w3", "w21", "w2"]
    assert product["columns"]["labels"] == ["w1", "w5", "w1", "w8", "w13", "</s>"]
    drawing = next(each["svg"] for each in mounted(opened("step_by_step", side="cross")) if "step" in each)
    assert ">memory</text>" in drawing
    assert ">4, 6 × 37</text>" in drawing
    assert ">4 × 6</text>" in drawing


@SIDES
def test_the_worked_example_takes_a_side_of_one_text(opened, side):
    app = opened("worked_example", preset="sentence", side=side)
    told = [each.value for each in app.error]
    assert bool(told) == (side == "cross")
    assert all("choose the encoder or the decoder" in each for each in told)


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_a_projected_head_has_the_scores_and_the_mask_of_its_model(opened, folder, side):
    """T5 divides by nothing and adds a term for the distance; its decoder sees earlier tokens only."""
    app = opened("worked_example", preset="sentence", side=side, head=2)
    (matrices,) = [each["matrices"] for each in mounted(app) if "matrices" in each]
    shown = {each["name"]: np.array(each["values"], dtype=float) for each in matrices}
    attention = attention_views(ac.load(str(folder)).trace(TEXT, target=TARGET))[side]
    (added,) = attention.scoring(1)
    real = attention.trace.array(added.name, 1)[2]
    sigma = np.linalg.svd(real, compute_uv=False)
    assert np.linalg.norm(real - shown["score"]) == pytest.approx(np.linalg.norm(sigma[3:]), abs=2e-3)
    allowed = np.ones_like(real, dtype=bool) if side == "encoder" else np.tri(len(real), dtype=bool)
    np.testing.assert_array_equal(shown["weight"] > 0, allowed)
