"""The Plotly figure of a graph, and clicks in it."""

import numpy as np
import pytest

from attention_core.plot import attention_graph
from attention_core.plot.graph_figure import clicked

from .conftest import HOSTILE, rows_of


def traces(figure, mode):
    return [trace for trace in figure.data if trace.mode == mode]


@pytest.mark.parametrize("n", [1, 2, 11, 13, 67, 131])
@pytest.mark.parametrize("layout", ["circle", "arc"])
def test_the_number_of_traces_is_bounded(n, layout):
    pattern = rows_of(np.random.default_rng(n).normal(0, 4, (n, n)))
    figure = attention_graph(pattern, ["a"] * n, layout=layout)
    assert len(figure.data) <= 12


def test_markers_show_and_select_their_edge(sentence):
    figure = attention_graph(*sentence, query=5, key=2, threshold=0.04)
    grips, heads, tokens = traces(figure, "markers")
    assert heads.customdata[-1] == [5, 2]
    assert heads.text[-1] == "it → animal 0.68"
    assert (heads.x[-1], heads.y[-1]) == (2, 0)
    assert heads.marker.symbol == "arrow"  # whose tip, not its middle, stands at the key
    assert heads.marker.standoff > tokens.marker.size[5] / 2
    assert heads.marker.angle[-1] == pytest.approx(-176, abs=3)
    assert len(heads.customdata) == 5
    assert {tuple(pair) for pair in grips.customdata} == {tuple(pair) for pair in heads.customdata}
    assert len(grips.text) == len(grips.x) == len(grips.customdata)
    assert tokens.customdata == tuple([i] for i in range(7))
    assert tokens.text[2] == "animal"
    assert tokens.marker.color[5] == "#0072B2"
    assert tokens.marker.color[2] == "#C2410C"


def test_each_edge_has_a_line_and_stronger_ones_are_wider(sentence):
    lines = traces(attention_graph(*sentence, threshold=0.03), "lines")
    assert sum(np.isnan(line.x).sum() for line in lines) == (sentence[0] >= 0.03).sum()
    widths = [line.line.width for line in lines]
    assert widths == sorted(widths)
    assert widths[-1] > 3 * widths[0]


def test_the_weight_is_beside_its_token(sentence):
    figure = attention_graph(*sentence, query=5, key=2)
    labels = figure.layout.xaxis.ticktext
    assert labels[2] == '<b><span style="color:#C2410C">animal 0.68</span></b>'
    assert labels[0] == "[CLS] 0.10"


def test_special_tokens_are_muted(sentence):
    figure = attention_graph(*sentence, query=5, special=[True, *[False] * 6], theme="dark")
    assert figure.layout.xaxis.ticktext[0] == '<span style="color:#9aa6b4">[CLS] 0.10</span>'
    assert figure.layout.xaxis.ticktext[1] == "the 0.04"


@pytest.mark.parametrize("layout", ["circle", "arc"])
def test_tokens_are_escaped(layout):
    n = len(HOSTILE)
    figure = attention_graph(np.full((n, n), 1 / n), HOSTILE, layout=layout)
    figure.to_json().encode("utf-8", "strict")
    texts = [text for trace in traces(figure, "markers") for text in trace.text]
    texts += [text for trace in traces(figure, "text") for text in trace.text]
    texts += figure.layout.xaxis.ticktext or []
    assert len(texts) > n
    assert not any(mark in text for text in texts for mark in "<>$\x00\u202e\ud800\uffff")
    assert "&lt;b&gt;x&lt;/b&gt;" in texts
    assert "&amp;amp;" in texts
    assert "U+0000" in texts
    assert "\u2068שלום\u2069" in texts
    assert "\u2068שלום\u2069 → \u2068שלום\u2069 0.07" in texts


def test_the_weight_follows_a_right_to_left_label():
    figure = attention_graph(np.full((2, 2), 0.5), ["שלום", "it"], query=1)
    assert figure.layout.xaxis.ticktext[0] == "\u2068שלום\u2069 0.50"


def test_an_empty_graph_is_drawn(sentence):
    figure = attention_graph(*sentence, query=5, threshold=0.9)
    assert not traces(figure, "lines")
    assert [len(trace.x) for trace in traces(figure, "markers")] == [0, 0, 7]


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        ([], (None, None)),
        ([{"customdata": [5, 2]}], (5, 2)),
        ([{"customdata": [3]}], (3, None)),
        ([{"x": 1.0}, {"customdata": [0, 0]}, {"customdata": [3]}], (0, 0)),
        ([{"customdata": ["5", None]}], (None, None)),
        ([{"customdata": None}], (None, None)),
    ],
)
def test_clicks_select_an_edge_or_a_token(points, chosen):
    assert clicked(points) == chosen
