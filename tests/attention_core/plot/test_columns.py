"""Two columns: token positions, edges between them, and the labels that fit."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.plot import attention_graph
from attention_core.plot.columns import (
    ACROSS,
    SHORTEST,
    TALLEST,
    column_edges,
    column_height,
    column_labels,
    column_positions,
)
from attention_core.plot.graph_figure import clicked
from attention_core.plot.graph_info import alt_text, graph_info
from attention_core.plot.layout import LINE_HEIGHT, curve_points
from attention_core.plot.svg import graph_svg
from attention_core.plot.theme import LIGHT

from .conftest import HOSTILE, rows_of

QUERIES, KEYS = ["<pad>", "das", "Haus"], ["the", "big", "house", ".", "</s>"]
PATTERN = np.array([[0.5, 0.1, 0.2, 0.1, 0.1], [0.88, 0.04, 0.03, 0.02, 0.03], [0.05, 0.15, 0.7, 0.04, 0.06]])


def test_queries_are_on_the_right_and_keys_on_the_left():
    at = column_positions(3, 5)
    assert at[:3].tolist() == [[1, 1], [1, 0.5], [1, 0]]
    assert at[3:].tolist() == [[0, 1], [0, 0.75], [0, 0.5], [0, 0.25], [0, 0]]
    assert column_positions(1, 2)[0].tolist() == [1, 0.5]


@given(st.integers(1, 600), st.integers(1, 600))
def test_the_height_stays_within_a_page(n_query, n_key):
    assert SHORTEST <= column_height(n_query, n_key) <= TALLEST


def test_edges_start_and_end_horizontally_at_their_arrowhead():
    start, end = np.array([[1.0, 0.0], [1.0, 0.5]]), np.array([[0.0, 1.0], [0.0, 0.5]])
    ways, angles = column_edges(start, end, np.array([12.0, 12.0]), 240.0)
    np.testing.assert_array_equal(ways[:, 0], start)
    first, last = curve_points(ways, np.array([0.01, 0.99]))[0]
    assert (start[0] - first)[0] > 10 * abs((start[0] - first)[1])
    assert abs((ways[0, 3] - end[0]) * [ACROSS, 240]).sum() < 20
    assert last[0] < 0.1
    assert angles == pytest.approx([-90, -90], abs=3)


@pytest.mark.parametrize(("n_query", "n_key"), [(3, 5), (1, 1), (67, 13), (400, 2)])
def test_labels_do_not_overlap_and_include_the_chosen_ones(n_query, n_key):
    chosen = [n_query - 1, n_query + n_key - 1]
    shown = column_labels(n_query, n_key, chosen)
    assert set(chosen) <= {label.node for label in shown}
    for x, anchor in ((1, "start"), (0, "end")):
        side = sorted(label.y for label in shown if label.x == x)
        assert {label.anchor for label in shown if label.x == x} == {anchor}
        assert all((b - a) * column_height(n_query, n_key) >= LINE_HEIGHT - 1e-9 for a, b in pairwise(side))


def test_the_edges_of_one_query_with_their_weights():
    info = graph_info(PATTERN, QUERIES, key_tokens=KEYS, query=2, key=2, threshold=0.05)
    assert (info.layout, info.first_key) == ("columns", 3)
    assert [(edge.query, edge.key, edge.weight) for edge in info.edges] == [
        (2, 2, 0.7), (2, 1, 0.15), (2, 4, 0.06), (2, 0, 0.05),
    ]  # fmt: skip
    assert [node.text for node in info.nodes] == [
        "<pad>", "das", "Haus", "the 0.05", "big 0.15", "house 0.70", ".", "</s> 0.06",
    ]  # fmt: skip
    assert alt_text(info) == "From “Haus”: house 0.70, big 0.15, </s> 0.06, the 0.05."
    every = graph_info(PATTERN, QUERIES, key_tokens=KEYS, strongest=1)
    assert alt_text(every) == "Strongest attention weights: das → the 0.88, Haus → house 0.70, <pad> → the 0.50."


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match=r"\[query, key\] = \[3, 4\]"):
        graph_info(PATTERN, QUERIES, key_tokens=KEYS[:4])
    with pytest.raises(ValueError, match="expected key from 0 to 4"):
        graph_info(PATTERN, QUERIES, key_tokens=KEYS, key=5)
    with pytest.raises(ValueError, match="expected query from 0 to 2"):
        graph_info(PATTERN, QUERIES, key_tokens=KEYS, query=3)
    with pytest.raises(ValueError, match="each of the 8 tokens"):
        graph_info(PATTERN, QUERIES, key_tokens=KEYS, special=[True] * 3)


def test_a_click_selects_a_query_or_a_key():
    figure = attention_graph(PATTERN, QUERIES, key_tokens=KEYS, query=1, key=0)
    tokens = [trace for trace in figure.data if trace.mode == "markers"][-1]
    assert [list(each) for each in tokens.customdata] == [[0], [1], [2], *([None, i] for i in range(5))]
    assert clicked([{"customdata": [None, 4]}]) == (None, 4)
    assert clicked([{"customdata": [2]}]) == (2, None)
    assert clicked([{"customdata": [2, 3]}]) == (2, 3)
    assert [tokens.marker.color[i] for i in (1, 3, 0)] == [LIGHT.query, LIGHT.key, LIGHT.muted]


def test_arrowheads_are_at_the_keys_and_name_both_tokens():
    figure = attention_graph(PATTERN, QUERIES, key_tokens=KEYS, strongest=1)
    heads = [trace for trace in figure.data if trace.mode == "markers"][1]
    assert heads.text[-1] == "das → the 0.88"
    assert (heads.x[-1], heads.y[-1]) == (0, 1)
    assert all(angle == pytest.approx(-90, abs=5) for angle in heads.marker.angle)


def test_the_svg_contains_every_token_and_edge():
    import xml.etree.ElementTree as ET

    info = graph_info(PATTERN, QUERIES, key_tokens=KEYS, query=2, key=2)
    root = ET.fromstring(graph_svg(info))
    texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert [text.text for text in texts] == [node.text for node in info.nodes]
    assert {text.get("text-anchor") for text in texts} == {"start", "end"}
    wide, high = float(root.get("width")), float(root.get("height"))
    for text in texts:
        x, y, reach = float(text.get("x")), float(text.get("y")), 7.3 * len(text.text)
        assert reach <= x if text.get("text-anchor") == "end" else x + reach <= wide
        assert 0 < y < high
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 2 * len(info.edges)


def test_hostile_tokens_are_escaped():
    n = len(HOSTILE)
    pattern = rows_of(np.random.default_rng(3).normal(0, 3, (n, n)))
    figure = attention_graph(pattern, HOSTILE, key_tokens=HOSTILE)
    assert "<script" not in figure.to_json()
    assert "<script" not in graph_svg(graph_info(pattern, HOSTILE, key_tokens=HOSTILE))
