"""The arithmetic of a weight is computed once for all visitors."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.mounted import mounted
from tests.paths import ROOT
from ui.inspect import arithmetic


@pytest.fixture
def computed(monkeypatch):
    """The arguments of each computation, after the attention."""
    original, calls = arithmetic.weight_arithmetic, []
    monkeypatch.setattr(arithmetic, "weight_arithmetic", lambda *given: calls.append(given[1:]) or original(*given))
    return calls


def weight_shown(**query):
    """The weight in the arithmetic of a new visitor's page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    return next(sent["weight"] for sent in mounted(app) if "steps" in sent)


def test_visitors_who_choose_the_same_weight_share_its_arithmetic(computed):
    query = {"text": "Two visitors look at this.", "q": "2", "k": "1"}
    first, second, another = weight_shown(**query), weight_shown(**query), weight_shown(**query, head="4")
    assert first == second != another
    assert [head for _, head, *_ in computed] == ["1", "4"]
    opened = weight_shown(**query, open="q.3.1.2.0")
    hidden = weight_shown(**query, hide="1", renorm="1")
    dims = weight_shown(**query, dims="3")
    assert len(computed) == 5
    assert opened == dims == hidden == first
