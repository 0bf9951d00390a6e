"""Sentences worked out from what is shown."""

import html
import re

import numpy as np
import pytest

import attention_core as ac
from attention_core.text.tokenizer import Token
from ui.words.examples import BY_TEXT, EXAMPLES
from ui.words.sentences import (
    capital,
    first_pair,
    headline,
    mask_note,
    ordinal,
    renormalized,
    sink_note,
    sums,
    trained_sink_note,
    unplaced,
)


def plain(told):
    return html.unescape(re.sub("<[^>]*>", "", told))


def token(piece, start=0, end=0, special=False, unknown=False):
    return Token(1, piece, start, end, special, unknown)


def test_the_headline_names_both_weights_and_escapes():
    told = headline(["<b>"], ["<b>", "animal", "street"], np.array([0.1, 0.68, 0.22]), 0, 1, None)
    assert "&lt;b&gt;" in told
    assert "0.68" in told
    assert "0.22" in told
    assert "street" in told


def test_the_example_chooses_pair_and_contrast():
    example = EXAMPLES[0]
    pieces = tuple(token(piece) for piece in ("the", "animal", "street", "it"))
    assert first_pair(pieces, pieces, np.eye(4), example, False) == (3, 1)
    names = [p.piece for p in pieces]
    assert "0.30" in headline(names, names, np.array([0.5, 0.2, 0.3, 0]), 3, 1, example)


def test_elsewhere_the_strongest_ordinary_pair_comes_first():
    pieces = (token("[CLS]", special=True), token("a"), token("b"), token("c"))
    weights = np.array([[0.9, 0, 0, 0.1], [0.5, 0.4, 0.05, 0.05], [0.2, 0.1, 0.4, 0.3], [1, 0, 0, 0]])
    assert first_pair(pieces, pieces, weights, None, False) == (2, 3)
    alone = (token("[CLS]", special=True),)
    assert first_pair(alone, alone, np.ones((1, 1)), None, False) == (0, 0)


def test_where_others_answer_a_token_may_look_at_its_own_place():
    asking, answering = (
        (token("<pad>", special=True), token("a")),
        (token("x"), token("y"), token("</s>", special=True)),
    )
    weights = np.array([[0.1, 0.9, 0.0], [0.2, 0.3, 0.5]])
    assert first_pair(asking, answering, weights, None, True) == (1, 1)
    assert first_pair(asking[:1], answering, weights[:1], None, True) == (0, 1)


def test_every_swap_leads_to_an_example():
    for example in EXAMPLES:
        if example.swap:
            assert example.text.replace(*example.swap) in BY_TEXT


def test_a_sink_is_explained_only_where_it_is_one():
    names = ["[CLS]", "a"]
    assert "sink" in sink_note(names, names, np.array([0.8, 0.2]), 1, False)
    assert sink_note(names, names, np.array([0.4, 0.6]), 1, False) is None
    assert sink_note(["b", "a"], ["b", "a"], np.array([0.8, 0.2]), 1, False) is None
    assert sink_note(names, names, np.array([0.8, 0.2]), 0, False) is None
    assert "sink" in sink_note(["b"], names, np.array([0.8, 0.2]), 0, True)


def test_what_a_trained_sink_takes_is_said_where_it_can_be_seen():
    assert "gives 0.25 of its attention to no token, but to the head’s sink" in trained_sink_note("a", 0.25, False)
    assert "but to the heads’ sinks" in trained_sink_note("a", 0.25, True)
    assert trained_sink_note("a", 0.004, False) is None


@pytest.mark.parametrize(
    ("hidden", "sink", "why"),
    [(True, False, "special tokens are hidden"), (False, True, "each head’s sink takes its part"),
     (True, True, "special tokens are hidden and each head’s sink takes its part")],
)  # fmt: skip
def test_why_a_row_sums_to_less_is_what_is_missing_from_it(hidden, sink, why):
    assert sums(True, hidden, sink) == "Each row sums to 1."
    assert sums(False, hidden, sink) == f"{capital(why)}, so a row may sum to less than 1."
    assert renormalized(hidden, sink) == f"Renormalized: {why}, and what is left is made to sum to 1."


def test_tokens_that_read_the_same_are_told_apart():
    names = ["the", " cat", "saw", "cat", "the"]
    told = plain(headline(names, names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 3, 1, None))
    assert told == "The second “cat” gives 0.30 of its attention to the first “cat” and 0.50 to “the”."
    told = plain(headline(names, names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 4, 4, None))
    assert told == "The second “the” gives 0.05 of its attention to itself and 0.50 to the first “the”."
    told = plain(headline([*names], names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 1, 1, None))
    assert told == "“cat” gives 0.30 of its attention to “cat” and 0.50 to “the”."
    told = plain(sink_note([".", "."], same := [".", "."], np.array([0.1, 0.9]), 0, True))
    assert told.startswith("“.” gives 0.90 of its attention to “.”.")
    told = plain(sink_note(same, same, np.array([0.1, 0.9]), 0, False))
    assert told.startswith("The first “.” gives 0.90 of its attention to the second “.”.")


@pytest.mark.parametrize(("number", "said"), [(1, "first"), (10, "tenth"), (11, "11th"), (22, "22nd"), (113, "113th")])
def test_ordinals(number, said):
    assert ordinal(number) == said


@pytest.mark.parametrize(
    ("causal", "window", "said"),
    [(False, None, None), (True, None, "upper right is empty, and the first token"), (True, 5, "the 4 before it"),
     (False, 5, "at most 4 tokens to either side")],
)  # fmt: skip
def test_an_empty_part_of_the_picture_is_explained(causal, window, said):
    told = mask_note(causal, window, 6)
    assert told is None if said is None else said in told
    assert mask_note(causal, window, 5) == mask_note(causal, None, 5)


def test_what_the_tokenizer_drops_is_named():
    assert "U+0007" in unplaced("a\x07b", (token("a", 0, 1), token("b", 2, 3)), ["a", "b"])
    assert "1 piece is" in unplaced("a", (token("[UNK]", 0, 1, unknown=True),), ["[UNK]"])
    assert unplaced("a b", (token("a", 0, 1), token("b", 2, 3)), ["a", "b"]) is None


def test_what_is_dropped_within_a_token_is_named():
    assert unplaced("ab\u200bc", (token("abc", 0, 4),), ["abc"]) == "The tokenizer leaves out U+200B."
    assert unplaced("ab\u200bc", (token("abâĢĭc", 0, 4),), ["ab\u200bc"]) is None
    assert unplaced("a\u200b", (token("[UNK]", 0, 2, unknown=True),), ["[UNK]"]).startswith("1 piece is")
    assert unplaced("\u00c9a", (token("ea", 0, 2),), ["ea"]) is None
    assert unplaced("\ud800a", (token("x", 0, 2),), ["\ufffda"]) == "Half characters were read as U+FFFD."
    minilm = ac.load("minilm")
    for text, left_out in (
        ("say a\x01b", "U+0001"),
        ("abc a\u200bbc", "U+200B"),
        ("👩\u200d👧", None),
        ("a\u200cb", "U+200C"),
    ):
        trace = minilm.trace(text)
        told = unplaced(text, trace.pieces, trace.tokens)
        assert (left_out is None and "U+200D" not in (told or "")) or left_out in told
