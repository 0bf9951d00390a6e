"""Sentences worked out from what is shown."""

import numpy as np

from attention_core.tokenizer import Token
from ui.examples import BY_TEXT, EXAMPLES
from ui.words import first_pair, headline, sink_note, unplaced


def token(piece, start=0, end=0, special=False, unknown=False):
    return Token(1, piece, start, end, special, unknown)


def test_the_headline_names_both_weights_and_escapes():
    told = headline(["<b>", "animal", "street"], np.array([0.1, 0.68, 0.22]), 0, 1, None)
    assert "&lt;b&gt;" in told
    assert "0.68" in told
    assert "0.22" in told
    assert "street" in told


def test_the_example_chooses_pair_and_contrast():
    example = EXAMPLES[0]
    pieces = tuple(token(piece) for piece in ("the", "animal", "street", "it"))
    assert first_pair(pieces, np.eye(4), example) == (3, 1)
    assert "0.30" in headline([p.piece for p in pieces], np.array([0.5, 0.2, 0.3, 0]), 3, 1, example)


def test_elsewhere_the_strongest_ordinary_pair_comes_first():
    pieces = (token("[CLS]", special=True), token("a"), token("b"), token("c"))
    weights = np.array([[0.9, 0, 0, 0.1], [0.5, 0.4, 0.05, 0.05], [0.2, 0.1, 0.4, 0.3], [1, 0, 0, 0]])
    assert first_pair(pieces, weights, None) == (2, 3)
    assert first_pair((token("[CLS]", special=True),), np.ones((1, 1)), None) == (0, 0)


def test_every_swap_leads_to_an_example():
    for example in EXAMPLES:
        if example.swap:
            assert example.text.replace(*example.swap) in BY_TEXT


def test_a_sink_is_explained_only_where_it_is_one():
    assert "sink" in sink_note(["[CLS]", "a"], np.array([0.8, 0.2]), 1)
    assert sink_note(["[CLS]", "a"], np.array([0.4, 0.6]), 1) is None
    assert sink_note(["b", "a"], np.array([0.8, 0.2]), 1) is None


def test_what_the_tokenizer_drops_is_named():
    assert "U+0007" in unplaced("a\x07b", (token("a", 0, 1), token("b", 2, 3)))
    assert "1 piece is" in unplaced("a", (token("[UNK]", 0, 1, unknown=True),))
    assert unplaced("a b", (token("a", 0, 1), token("b", 2, 3))) is None
