"""The heatmap of a layer is encoded once for all visitors."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.paths import ROOT
from ui.inspect import page


@pytest.fixture
def encoded(monkeypatch):
    """What was encoded for the heatmap: the shape of each pattern."""
    original, shapes = page.heatmap_payload, []
    monkeypatch.setattr(page, "heatmap_payload", lambda *given: shapes.append(given[0].shape) or original(*given))
    return shapes


def heatmap_sent(**query):
    """The heatmap on a new visitor's page, as bytes."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update({"text": "They see one map.", **query})
    app.run()
    (proto,) = [each.proto for each in app.get("bidi_component") if each.proto.component_name == "attention_heatmap"]
    return proto.bytes


def test_visitors_who_look_at_the_same_layer_share_its_heatmap(encoded):
    first = heatmap_sent()
    assert heatmap_sent(q="1", k="3", head="7") == first
    assert encoded == [(12, 7, 7)]
    others = [heatmap_sent(**query) for query in (
        {"layer": "2"}, {"head": "mean"}, {"hide": "1"}, {"hide": "1", "renorm": "1"}, {"text": "Another, short."},
    )]  # fmt: skip
    assert len({first, *others}) == 6
    assert encoded[1:] == [(12, 7, 7), (1, 7, 7), (12, 5, 5), (12, 5, 5), (12, 6, 6)]
