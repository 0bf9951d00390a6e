"""The Plotly heatmap."""

from itertools import chain

import numpy as np
import pytest

from attention_core.plot import attention_heatmap
from attention_core.plot.heatmap_figure import labelled_indices

from .conftest import HOSTILE


def test_cells_name_their_query_and_key(sentence):
    pattern, tokens = sentence
    figure = attention_heatmap(pattern, tokens, selected=(5, 2))
    (cells,) = figure.data
    assert cells.hovertext[5][2] == "it → animal 0.68"
    assert cells.text[5] == [".10", "", ".68", "", "", ".06", ".09"]
    assert np.array(cells.z) == pytest.approx(pattern, abs=1e-7)
    assert (cells.zmin, cells.zmax) == (0, 1)
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.title.text == "key"
    assert figure.layout.yaxis.title.text == "query"


def test_the_selected_row_column_and_cell_are_framed(sentence):
    figure = attention_heatmap(*sentence, selected=(5, 2))
    boxes = [(s.x0, s.y0, s.x1, s.y1, s.line.color) for s in figure.layout.shapes]
    assert boxes == [
        (-0.5, 4.5, 6.5, 5.5, "#0072B2"),
        (1.5, -0.5, 2.5, 6.5, "#C2410C"),
        (1.5, 4.5, 2.5, 5.5, "#1b2430"),
    ]
    assert figure.layout.yaxis.ticktext[5] == '<b><span style="color:#0072B2">it</span></b>'
    assert figure.layout.xaxis.ticktext[5] == "it"
    assert not attention_heatmap(*sentence).layout.shapes


def test_equal_tokens_are_not_merged():
    figure = attention_heatmap(np.full((3, 3), 1 / 3), ["the", "the", "the"])
    assert figure.layout.xaxis.tickvals == (0, 1, 2)
    assert np.shape(figure.data[0].z) == (3, 3)


def test_keys_may_be_other_tokens():
    figure = attention_heatmap(np.full((2, 5), 0.2), ["le", "chat"], key_tokens=list("abcde"), selected=(1, 4))
    assert figure.data[0].hovertext[1][4] == "chat → e 0.20"
    assert len(figure.layout.xaxis.ticktext) == 5
    assert len(figure.layout.yaxis.ticktext) == 2


def test_a_long_text_has_no_digits_and_fewer_labels():
    figure = attention_heatmap(np.full((67, 67), 1 / 67), ["a"] * 67, selected=(11, 66))
    assert figure.data[0].text is None
    assert 11 in figure.layout.yaxis.tickvals
    assert 66 in figure.layout.xaxis.tickvals
    assert len(figure.layout.yaxis.tickvals) < 40


@pytest.mark.parametrize("chosen", [None, 0, 4, 40])
def test_labels_keep_their_distance(chosen):
    shown = labelled_indices(41, 5, chosen)
    assert np.diff(shown).min() >= 3
    assert chosen is None or chosen in shown
    assert labelled_indices(41, 26, chosen) == list(range(41))


def test_tokens_are_escaped():
    n = len(HOSTILE)
    figure = attention_heatmap(np.full((n, n), 1 / n), HOSTILE)
    texts = [*figure.layout.xaxis.ticktext, *figure.layout.yaxis.ticktext, *chain(*figure.data[0].hovertext)]
    assert len(texts) == n * (n + 2)
    assert not any(mark in text for text in texts for mark in "<>$\x00\u202e\ud800\uffff")
    figure.to_json().encode("utf-8", "strict")


def test_a_read_only_float32_pattern_is_accepted(sentence):
    pattern = sentence[0].astype(np.float32)
    pattern.setflags(write=False)
    assert attention_heatmap(pattern, sentence[1]).data[0].hovertext[5][2] == "it → animal 0.68"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pattern": np.zeros(7)}, r"\[7, 7\].*got shape \[7\]"),
        ({"pattern": np.zeros((7, 5))}, r"\[7, 7\].*got shape \[7, 5\]"),
        ({"key_tokens": ["a"]}, r"\[7, 1\].*got shape \[7, 7\]"),
        ({"pattern": np.full((7, 7), -np.inf)}, "finite"),
        ({"pattern": np.full((7, 7), 3.0)}, "got 3 to 3"),
        ({"selected": (7, 0)}, "query from 0 to 6.*got 7"),
        ({"selected": (0, -1)}, "key from 0 to 6.*got -1"),
    ],
)
def test_invalid_arguments_say_why(sentence, change, words):
    arguments = {"pattern": sentence[0], "tokens": sentence[1]} | change
    with pytest.raises(ValueError, match=words):
        attention_heatmap(**arguments)
