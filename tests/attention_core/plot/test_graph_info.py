"""A graph's edges, their curves, and the alternative text."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.plot.graph_info import MAX_EDGES, alt_text, graph_info
from attention_core.plot.layout import curve_points

from .conftest import rows_of


def edges_of(info):
    return [(edge.query, edge.key) for edge in info.edges]


def random_pattern(n, seed=0):
    return rows_of(np.random.default_rng(seed).normal(0, 3, (n, n)))


def test_one_query_keeps_its_own_edges_strongest_first(sentence):
    info = graph_info(*sentence, query=5, threshold=0.04)
    assert [(e.key, e.weight) for e in info.edges] == [(2, 0.68), (0, 0.1), (6, 0.09), (5, 0.06), (1, 0.04)]
    assert {e.query for e in info.edges} == {5}
    assert info.nodes[2].weight == 0.68
    assert info.nodes[2].text == "animal 0.68"
    assert info.nodes[3].text == "crossed"


def test_the_threshold_keeps_weights_that_equal_it(sentence):
    assert edges_of(graph_info(*sentence, threshold=0.68)) == [(0, 0), (1, 0), (3, 0), (4, 0), (6, 0), (5, 2)]


def test_strongest_keeps_this_many_edges_per_query(sentence):
    info = graph_info(*sentence, strongest=2)
    assert np.bincount([e.query for e in info.edges]).tolist() == [2] * 7
    assert {(e.key, e.weight) for e in info.edges if e.query == 2} == {(5, 0.5), (0, 0.3)}


def test_a_weight_of_zero_has_no_edge():
    info = graph_info(np.tril(np.full((5, 5), 0.2)), list("abcde"))
    assert sorted(edges_of(info)) == [(q, k) for q in range(5) for k in range(q + 1)]


def test_width_and_opacity_grow_with_the_weight(sentence):
    edges = graph_info(*sentence).edges
    for stronger, weaker in pairwise(edges):
        assert stronger.width >= weaker.width
        assert stronger.opacity >= weaker.opacity
    assert edges[0].width > 2 * edges[-1].width


@pytest.mark.parametrize("layout", ["circle", "arc"])
def test_opposite_edges_do_not_overlap(layout):
    info = graph_info(np.full((11, 11), 1 / 11), [str(i) for i in range(11)], layout=layout)
    pixels = [650 / 11, 174] if layout == "arc" else [150, 150]
    ways = {(e.query, e.key): curve_points(e.curve[None], np.linspace(0, 1, 101))[0] * pixels for e in info.edges}
    for (query, key), way in ways.items():
        if query != key:
            assert np.linalg.norm(way[50] - ways[key, query], axis=1).min() > 4


@pytest.mark.parametrize("layout", ["circle", "arc"])
def test_edges_run_from_the_query_and_point_at_the_key(layout):
    info = graph_info(random_pattern(11), [str(i) for i in range(11)], layout=layout)
    for edge in info.edges:
        query, key = info.nodes[edge.query], info.nodes[edge.key]
        assert edge.curve[0] == pytest.approx([query.x, query.y])
        direction = np.array([key.x, key.y]) - edge.curve[-1]
        turn = np.radians(edge.angle)
        ahead = direction @ [np.sin(turn), np.cos(turn)]
        if layout == "circle":
            assert ahead == pytest.approx(np.linalg.norm(direction), abs=1e-9)
            assert ahead < 0.25
        elif edge.query != edge.key:
            assert direction[1] < 0
            assert abs(edge.angle) > 150  # downwards
            assert abs(direction[0]) < 0.4  # of the way to the next token


@pytest.mark.parametrize("layout", ["circle", "arc"])
def test_a_token_that_attends_to_itself_has_a_loop(layout):
    info = graph_info(np.eye(5), list("abcde"), layout=layout)
    assert edges_of(info) == [(i, i) for i in range(5)]
    for edge in info.edges:
        way = curve_points(edge.curve[None], np.linspace(0, 1, 9))[0]
        spread = np.ptp(way, axis=0)
        assert (spread > 0.03).all()
        assert np.linalg.norm(way[-1] - way[0]) < spread.max()


def test_arcs_rise_with_the_distance():
    info = graph_info(random_pattern(17), [str(i) for i in range(17)], query=16)
    steps = np.linspace(0, 1, 33)
    heights = {e.key: curve_points(e.curve[None], steps)[0, :, 1].max() for e in info.edges if e.key != 16}
    assert all(heights[k] > heights[k + 1] for k in range(15))
    assert 0.95 < heights[0] <= info.window[3]


@pytest.mark.parametrize(
    ("n", "query", "layout"),
    [(1, None, "arc"), (2, None, "circle"), (12, None, "circle"), (13, None, "arc"), (7, 3, "arc")],
)
def test_layout_follows_the_length(n, query, layout):
    assert graph_info(random_pattern(n), ["a"] * n, query=query).layout == layout


def test_with_too_many_edges_the_weakest_are_left_out_and_counted():
    pattern = random_pattern(29)
    info = graph_info(pattern, ["a"] * 29)
    assert len(info.edges) == MAX_EDGES
    assert info.left_out == 29 * 29 - MAX_EDGES
    assert min(e.weight for e in info.edges) >= np.sort(pattern.ravel())[-MAX_EDGES]
    assert graph_info(pattern, ["a"] * 29, strongest=3).left_out == 0


@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 23])
def test_every_token_of_a_short_text_is_labelled(n):
    info = graph_info(random_pattern(n), ["because"] * n, query=n // 2)
    assert [label.node for label in info.labels] == list(range(n))


@pytest.mark.parametrize("n", [31, 64, 131, 512])
def test_labels_of_a_long_text_do_not_overlap_and_include_the_selection(n):
    info = graph_info(random_pattern(n), ["because"] * n, query=n // 2, key=n // 2 + 1, strongest=13)
    named = {label.node for label in info.labels}
    assert {n // 2, n // 2 + 1, *(edge.key for edge in info.edges[:4])} <= named
    at = [label.x for label in info.labels]
    assert np.diff(at).min() * 330 / n > 12.8  # pixels, on a narrow page
    assert info.window[0] < at[0]
    assert at[-1] < info.window[1]
    assert len(named) > 12


def test_labels_around_a_full_circle_do_not_overlap():
    info = graph_info(random_pattern(53), ["because"] * 53, layout="circle", strongest=1)
    assert 12 < len(info.labels) < 53
    right = sorted(label.y for label in info.labels if label.anchor == "start")
    assert np.diff(right).min() > 0.05


def test_special_tokens_and_the_chosen_pair_are_kept(sentence):
    info = graph_info(*sentence, query=5, key=2, special=[True, *[False] * 5, True])
    assert [node.special for node in info.nodes] == [True, *[False] * 5, True]
    assert (info.query, info.key) == (5, 2)


def test_the_alternative_text_is_one_sentence(sentence):
    sentence_text = alt_text(graph_info(*sentence, query=5, threshold=0.04))
    assert sentence_text == "From “it”: animal 0.68, [CLS] 0.10, [SEP] 0.09, it 0.06, the 0.04."
    assert alt_text(graph_info(*sentence, strongest=1)).startswith("Strongest attention weights: [CLS] → [CLS] 0.88,")
    assert alt_text(graph_info(*sentence, strongest=1)).endswith("and 2 weaker.")
    assert alt_text(graph_info(*sentence, query=5, threshold=0.9)) == "From “it”: no weight is shown."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pattern": np.zeros((3, 7, 7))}, r"expected .*\[7, 7\].* got shape \[3, 7, 7\]: pass trace.pattern"),
        ({"pattern": np.zeros((7, 5))}, r"got shape \[7, 5\]"),
        ({"pattern": np.zeros((0, 0)), "tokens": []}, "at least one token"),
        ({"pattern": np.full((7, 7), np.nan)}, "finite"),
        ({"pattern": np.full((7, 7), -0.01)}, "from 0 to 1, got -0.01"),
        ({"pattern": np.full((7, 7), 1.01)}, "pass the pattern"),
        ({"query": 7}, "query from 0 to 6.*got 7"),
        ({"key": -1}, "key from 0 to 6.*got -1"),
        ({"threshold": 1.5}, "threshold from 0 to 1.*got 1.5"),
        ({"threshold": float("nan")}, "threshold"),
        ({"strongest": 0}, "at least 1.*got 0"),
        ({"special": [True]}, "7 tokens.*got 1"),
    ],
)
def test_invalid_arguments_say_why(sentence, change, words):
    arguments = {"pattern": sentence[0], "tokens": sentence[1]} | change
    with pytest.raises(ValueError, match=words):
        graph_info(**arguments)


def test_rounding_and_read_only_float32_are_accepted(sentence):
    pattern = sentence[0].astype(np.float32)
    pattern[0, 0], pattern[0, 1] = 1 + 5e-5, -5e-5
    pattern.setflags(write=False)
    info = graph_info(pattern, sentence[1])
    assert info.edges[0].weight == 1
    assert (0, 1) not in edges_of(info)


@given(st.integers(1, 19), st.integers(1, 5), st.floats(0, 1), st.integers(0, 2**16))
def test_every_edge_passes_the_filters(n, strongest, threshold, seed):
    pattern = random_pattern(n, seed)
    info = graph_info(pattern, ["a"] * n, strongest=strongest, threshold=threshold)
    assert len(info.edges) <= strongest * n
    assert all(edge.weight >= threshold for edge in info.edges)
    assert all(edge.weight == pattern[edge.query, edge.key] for edge in info.edges)
    weights = [edge.weight for edge in info.edges]
    assert weights == sorted(weights, reverse=True)
