"""The experts that a token is routed to, in sentences and tables, on both pages."""

import json

import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from attention_core.computation.derivation import Address
from tests import mixtures
from tests.mounted import mounted
from tests.paths import APP
from ui.words import experts

TEXT = "w5 w17 w3 w60 w2 w41"


@pytest.fixture(scope="module", params=["MIXTRAL", "QWEN3_MOE"])
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param)
    mixtures.checkpoint(path, getattr(mixtures, request.param))
    return path


@pytest.fixture(scope="module")
def trace(folder):
    return ac.load(folder).trace(TEXT)


def test_a_sentence_names_the_experts_and_their_weights(trace):
    (a, b, c), weights = trace.experts(2)[4], trace.expert_weights(2)[4]
    assert experts.routing_text(trace, 2, 4, "“w2”") == (
        f"In layer 2, “w2” is routed to experts {a} ({weights[0]:.2f}), {b} ({weights[1]:.2f}) and "
        f"{c} ({weights[2]:.2f}) of {mixtures.N_EXPERTS}."
    )


@pytest.mark.parametrize("quantity", ["router_probs", "expert_weight", "expert_out", "mlp_out"])
def test_an_experts_address_is_described(trace, quantity):
    expert = trace.experts(2)[4, 1]
    text = {
        "router_probs": "Layer 2: expert 1, for “w2”.",
        "expert_weight": f"Layer 2: choice 1 of “w2”, expert {expert}.",
        "expert_out": f"Layer 2: choice 1 of “w2”, expert {expert}, dimension 7.",
        "mlp_out": "",
    }[quantity]
    dims = (7,) if quantity == "expert_out" else ()
    assert experts.describe_expert_address(trace, Address(quantity, (2, 4, 1, *dims))) == text


def opened(folder, monkeypatch, page, **query):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", str(folder))
    app = AppTest.from_file(str(APP), default_timeout=30)
    if page:
        app.switch_page(page)
    for key, value in {"model": folder.name, "text": TEXT, "layer": "2", "head": "1", "q": "4", **query}.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app


def arithmetic(app):
    return next(data for data in mounted(app) if "steps" in data)


def test_inspect_sums_the_experts_of_the_query_token(folder, trace, monkeypatch):
    step = arithmetic(opened(folder, monkeypatch, None))["steps"][-1]
    assert step["words"][0].startswith(experts.routing_text(trace, 2, 4, "“w2”"))
    (table,) = step["folds"][0]["tables"]
    assert [row[0][0] for row in table["rows"]] == [str(each) for each in trace.experts(2)[4]]
    assert [row[2][0] for row in table["rows"]] == [f"{each:.4f}" for each in trace.expert_weights(2)[4]]
    assert [row[2][2] for row in table["rows"]] == [f"expert_weight.2.4.{choice}" for choice in range(3)]


@pytest.mark.parametrize("number", ["router_logits.2.4.1", "expert.2.4.1", "expert_out.2.4.1.7", "W_expert_in.2.1.4.7"])
def test_a_number_of_the_mixture_opens_on_the_page(folder, monkeypatch, number):
    shown = arithmetic(opened(folder, monkeypatch, None, open=number))["opened"]
    assert shown["trail"] == [number]
    assert shown["lines"]
    assert not any("There is no" in word for word in shown["words"])


@pytest.mark.parametrize("step", range(1, 12))
def test_every_step_is_drawn_and_the_last_lists_the_experts_of_each_token(folder, trace, monkeypatch, step):
    app = opened(folder, monkeypatch, "pages/step_by_step.py", step=str(step))
    tables = [each.value for each in app.dataframe if "choice 0" in each.value.columns]
    assert len(tables) == (step == 11)
    if tables:
        assert tables[0]["choice 2"].tolist() == trace.experts(2)[:, 2].tolist()
        assert tables[0]["token"].tolist() == trace.tokens
        (columns,) = [json.loads(each.proto.columns) for each in app.dataframe if "choice 0" in each.value.columns]
        assert {columns[f"weight {choice}"]["type_config"]["format"] for choice in range(3)} == {"%.4f"}
        assert any("routed to experts" in each.proto.body for each in app.get("html"))


def test_a_layer_without_experts_does_not_mention_them(folder, monkeypatch):
    if ac.load(folder).config.moe_layers == (0, 2):
        app = opened(folder, monkeypatch, "pages/step_by_step.py", step="11", layer=str(mixtures.DENSE))
        assert not any("routed to experts" in each.proto.body for each in app.get("html"))
        steps = arithmetic(opened(folder, monkeypatch, None, layer=str(mixtures.DENSE)))["steps"]
        assert not any("expert" in word for step in steps for word in step["words"])
