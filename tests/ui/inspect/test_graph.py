"""The graph's figure is handed to Streamlit as data, without Plotly's checks."""

import json

import numpy as np
import plotly.io
import plotly.tools
import pytest

from attention_core.plot import attention_graph
from attention_core.plot.graph_figure import graph_info, graph_spec
from ui.inspect.graph import ValidFigure

TOKENS = ["[CLS]", "it", "<b>", "שלום", "[SEP]"]
DRAWN = [
    {"query": 1, "key": 2},
    {"query": 1, "threshold": 1.0},
    {"layout": "circle", "strongest": 2},
    {"layout": "arc"},
    {"key_tokens": ["a", "b", "c"], "query": 0, "key": 1},
]


@pytest.mark.parametrize("options", DRAWN)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_finds_the_data_valid_and_leaves_it_as_it_is(options, theme):
    n_keys = len(options.get("key_tokens", TOKENS))
    pattern = np.random.default_rng(7).dirichlet(np.ones(n_keys), len(TOKENS))
    spec = graph_spec(graph_info(pattern, TOKENS, **options), theme)
    # As st.plotly_chart reads a figure.
    handed_over = plotly.tools.return_figure_from_figure_or_data(ValidFigure(spec), validate_figure=True)
    sent = read(plotly.io.to_json(handed_over, validate=False))
    checked = read(plotly.io.to_json(attention_graph(pattern, TOKENS, **options, theme=theme)))
    del checked["layout"]["template"]  # the page has its own colours
    assert sent == checked


def read(figure):
    """A figure from JSON; Plotly computes with the angles, so their last digits differ."""
    return json.loads(figure, parse_float=lambda digits: round(float(digits), 9))
