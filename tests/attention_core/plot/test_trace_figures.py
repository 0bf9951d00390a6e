"""Figures of a trace: the right head of the right attention."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.errors import InputError
from attention_core.plot.trace_figures import head_info
from tests.random_model import T5, write_pair

TEXT = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def trace(minilm):
    return minilm.trace(TEXT)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    model = ac.load(write_pair(tmp_path_factory.mktemp("pair"), T5))
    return model.trace("w1 w2 w5", target="w3 w4")


def test_the_info_has_one_head_and_its_tokens(trace):
    info = head_info(trace, 3, 1, None)
    np.testing.assert_array_equal(info.pattern, trace.pattern(3)[1])
    assert (info.tokens, info.key_tokens) == (trace.tokens, None)
    assert info.special == [True, *[False] * 14, True]


def test_the_heatmap_shows_the_weights(trace):
    figure = ac.plot.heatmap(trace, 3, 1, selected=(10, 2), theme="dark")
    assert figure == ac.plot.attention_heatmap(trace.pattern(3)[1], trace.tokens, selected=(10, 2), theme="dark")
    assert figure.data[0].hovertext[10][2] == "it → animal 0.68"


def test_the_graph_shows_the_weights(trace):
    choices = {"query": 10, "key": 2, "threshold": 0.02, "strongest": 3, "layout": "arc", "theme": "dark"}
    special = [piece.special for piece in trace.pieces]
    figure = ac.plot.graph(trace, 3, 1, **choices)
    assert figure == ac.plot.attention_graph(trace.pattern(3)[1], trace.tokens, special=special, **choices)


@pytest.mark.parametrize(
    ("side", "queries", "keys"),
    [("encoder", "encoder", None), ("decoder", "decoder", None), ("cross", "decoder", "encoder")],
)
def test_an_encoder_decoder_shows_each_of_its_attentions(pair, side, queries, keys):
    info, of = head_info(pair, 1, 4, side), getattr(pair, queries)
    expected = of.cross_pattern(1) if keys else of.pattern(1)
    np.testing.assert_array_equal(info.pattern, expected[4])
    assert info.tokens == of.tokens
    assert info.key_tokens == (getattr(pair, keys).tokens if keys else None)
    assert len(info.special) == len(of.tokens) + (len(pair.encoder.tokens) if keys else 0)
    assert np.array(ac.plot.heatmap(pair, 1, 4, side=side).data[0].z).shape == info.pattern.shape
    assert ac.plot.graph(pair, 1, 4, side=side).data


def test_a_side_of_an_encoder_decoder_is_a_trace_like_any_other(pair):
    np.testing.assert_array_equal(head_info(pair.decoder, 0, 0, None).pattern, pair.decoder.pattern(0)[0])


@pytest.mark.parametrize("draw", [ac.plot.heatmap, ac.plot.graph])
@pytest.mark.parametrize(
    ("given", "said"),
    [((6, 0), "Layer 6 does not exist: give a whole number from 0 to 5"), ((-1, 0), "Layer -1"), ((0, 12), "Head 12"),
     ((0, -1), "Head -1"), ((0, "mean"), "Head 'mean' does not exist: give a whole number from 0 to 11"),
     ((1.5, 0), "Layer 1.5")],
)  # fmt: skip
def test_an_index_out_of_range_is_refused(trace, draw, given, said):
    with pytest.raises(InputError, match=said):
        draw(trace, *given)


@pytest.mark.parametrize("draw", [ac.plot.heatmap, ac.plot.graph])
def test_the_side_must_match_the_trace(trace, pair, minilm, draw):
    with pytest.raises(InputError, match="only one attention: leave side='cross' out"):
        draw(trace, 0, 0, side="cross")
    for side in (None, "both"):
        with pytest.raises(InputError, match='side="encoder", "decoder" or "cross"'):
            draw(pair, 0, 0, side=side)
    for wrong in (minilm, "text", trace.pattern(0)):
        with pytest.raises(InputError, match=r"Give a trace, the result of model\.trace\(text\)"):
            draw(wrong, 0, 0)
    with pytest.raises(InputError, match='theme is "light" or "dark"'):
        draw(trace, 0, 0, theme="blue")


@pytest.mark.parametrize(
    "choice",
    [{"query": 16}, {"key": -1}, {"query": "it"}, {"threshold": 2}, {"threshold": "low"}, {"strongest": 0},
     {"strongest": 1.5}, {"layout": "spiral"}],
)  # fmt: skip
def test_an_invalid_option_of_the_graph_is_refused(trace, choice):
    with pytest.raises(InputError, match=r"expected .* got"):
        ac.plot.graph(trace, 3, 1, **choice)


@pytest.mark.parametrize("selected", [(16, 0), (0, -1), ("it", 2), 3, (1, 2, 3)])
def test_an_invalid_selection_of_the_heatmap_is_refused(trace, selected):
    with pytest.raises(InputError, match=r"expected .*selected .* got"):
        ac.plot.heatmap(trace, 3, 1, selected=selected)
