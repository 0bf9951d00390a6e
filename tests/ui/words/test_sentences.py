"""The sentences of the Inspect page."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core.text.tokenizer import Token
from ui.words.examples import BY_TEXT, EXAMPLE_SENTENCES
from ui.words.sentences import (
    all_tokens,
    capitalized,
    mask_note,
    ordinal,
    renormalized_note,
    row_sum_note,
    sink_note,
    tokenizer_note,
    trained_sink_note,
    weight_headline,
)


def plain(text):
    return html.unescape(re.sub("<[^>]*>", "", text))


def token(piece, start=0, end=0, special=False, unknown=False):
    return Token(1, piece, start, end, special, unknown)


def test_the_headline_names_both_weights_and_escapes():
    text = weight_headline(["<b>"], ["<b>", "animal", "street"], np.array([0.1, 0.68, 0.22]), 0, 1, None)
    assert "&lt;b&gt;" in text
    assert "0.68" in text
    assert "0.22" in text
    assert "street" in text


def test_the_headline_says_that_a_weight_is_an_average():
    names, weights = ["the", "cat"], np.array([0.4, 0.6])
    text = plain(weight_headline(names, names, weights, 0, 1, None, average=True))
    assert text == "On average over the heads, “the” gives 0.60 of its attention to “cat” and 0.40 to itself."


def test_an_example_sets_the_contrast():
    example, names = EXAMPLE_SENTENCES[0], ["the", "animal", "street", "it"]
    assert "0.30" in weight_headline(names, names, np.array([0.5, 0.2, 0.3, 0]), 3, 1, example)


@pytest.mark.parametrize(
    ("query", "key", "other"), [(3, 1, "“street”"), (0, 1, "itself"), (3, 0, "“animal”"), (1, 2, "“the”")]
)
def test_the_contrast_of_an_example_is_only_for_its_own_pair(query, key, other):
    names, weights = ["the", "animal", "street", "it"], np.array([0.5, 0.3, 0.15, 0.05])
    assert plain(weight_headline(names, names, weights, query, key, EXAMPLE_SENTENCES[0])).endswith(f"to {other}.")


def test_every_swap_leads_to_an_example():
    for example in EXAMPLE_SENTENCES:
        if example.swap:
            assert example.text.replace(*example.swap) in BY_TEXT


def test_a_sink_is_explained_only_where_it_is_one():
    names = ["[CLS]", "a"]
    assert "sink" in sink_note(names, names, np.array([0.8, 0.2]), 1, False)
    assert sink_note(names, names, np.array([0.4, 0.6]), 1, False) is None
    assert sink_note(["b", "a"], ["b", "a"], np.array([0.8, 0.2]), 1, False) is None
    assert sink_note(names, names, np.array([0.8, 0.2]), 0, False) is None
    assert "sink" in sink_note(["b"], names, np.array([0.8, 0.2]), 0, True)


def test_a_trained_sinks_share_is_noted_unless_it_rounds_to_zero():
    assert "gives 0.25 of its attention to the head’s sink, not to any token" in trained_sink_note("a", 0.25, False)
    assert "of its attention to the heads’ sinks, not to any token" in trained_sink_note("a", 0.25, True)
    assert trained_sink_note("a", 0.004, False) is None


@pytest.mark.parametrize(
    ("hidden", "sink", "why"),
    [(True, False, "special tokens are hidden"), (False, True, "each head’s sink takes a share"),
     (True, True, "special tokens are hidden and each head’s sink takes a share")],
)  # fmt: skip
def test_a_row_that_sums_to_less_than_1_says_what_is_missing(hidden, sink, why):
    assert row_sum_note(True, hidden, sink) == "Each row sums to 1."
    assert row_sum_note(False, hidden, sink) == f"{capitalized(why)}, so a row sums to at most 1."
    assert renormalized_note(hidden, sink) == f"Renormalized: {why}, and the remaining weights are scaled to sum to 1."


def test_equal_tokens_are_numbered():
    names = ["the", " cat", "saw", "cat", "the"]
    text = plain(weight_headline(names, names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 3, 1, None))
    assert text == "The second “cat” gives 0.30 of its attention to the first “cat” and 0.50 to “the”."
    text = plain(weight_headline(names, names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 4, 4, None))
    assert text == "The second “the” gives 0.05 of its attention to itself and 0.50 to the first “the”."
    text = plain(weight_headline([*names], names, np.array([0.5, 0.3, 0.1, 0.05, 0.05]), 1, 1, None))
    assert text == "“cat” gives 0.30 of its attention to “cat” and 0.50 to “the”."
    text = plain(sink_note([".", "."], same := [".", "."], np.array([0.1, 0.9]), 0, True))
    assert text.startswith("“.” gives 0.90 of its attention to “.”.")
    text = plain(sink_note(same, same, np.array([0.1, 0.9]), 0, False))
    assert text.startswith("The first “.” gives 0.90 of its attention to the second “.”.")


@pytest.mark.parametrize(("number", "word"), [(1, "first"), (10, "tenth"), (11, "11th"), (22, "22nd"), (113, "113th")])
def test_ordinals(number, word):
    assert ordinal(number) == word


@pytest.mark.parametrize(
    ("causal", "window", "part"),
    [(False, None, None), (True, None, "upper right is empty, and the first token"),
     (True, 5, "the 4 tokens before it"), (False, 5, "at most 4 tokens on either side")],
)  # fmt: skip
def test_empty_cells_are_explained(causal, window, part):
    text = mask_note(causal, window, 6)
    assert text is None if part is None else part in text
    assert mask_note(causal, window, 5) == mask_note(causal, None, 5)


def test_a_single_token_has_no_empty_cells():
    assert mask_note(True, None, 1).endswith("So the first token can attend only to itself.")
    assert all_tokens(1) == "the only token"
    assert all_tokens(2) == "all 2 tokens"


def test_characters_that_the_tokenizer_drops_are_named():
    assert "U+0007" in tokenizer_note("a\x07b", (token("a", 0, 1), token("b", 2, 3)), ["a", "b"])
    assert "1 piece is" in tokenizer_note("a", (token("[UNK]", 0, 1, unknown=True),), ["[UNK]"])
    assert tokenizer_note("a b", (token("a", 0, 1), token("b", 2, 3)), ["a", "b"]) is None


def test_tokens_that_are_not_placed_are_named():
    tokens = tuple(replace(token(piece, 0, 0), placed=False) for piece in ("▁a", "b"))
    note = "This model’s tokenizer does not say where in the text its tokens are."
    assert tokenizer_note("ab", tokens, [" a", "b"]) == note


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a [SEP] b [SEP]", "“[SEP]” is read as a special token of the model, not as text."),
        ("[MASK] x[CLS]", "“[MASK]” and “[CLS]” are read as special tokens of the model, not as text."),
        ("[UNK]", "“[UNK]” is read as a special token of the model, not as text."),
        ("a [sep] b", None),
    ],
)
def test_a_special_token_that_is_typed_is_named(minilm, text, note):
    trace = minilm.trace(text)
    assert tokenizer_note(text, trace.pieces, trace.tokens, trace.tokenizer.special_ids) == note


def test_an_end_of_text_that_is_typed_is_named(traced):
    for family, name in (("llama", "<|endoftext|>"), ("gemma2", "</s>")):
        trace = traced(family).model.trace(f"The {name} cat")
        note = tokenizer_note(trace.text, trace.pieces, trace.tokens, trace.tokenizer.special_ids)
        assert note == f"“{name}” is read as a special token of the model, not as text."


def test_characters_dropped_within_a_token_are_named():
    assert tokenizer_note("ab\u200bc", (token("abc", 0, 4),), ["abc"]) == "The tokenizer drops U+200B."
    assert tokenizer_note("ab\u200bc", (token("abâĢĭc", 0, 4),), ["ab\u200bc"]) is None
    assert tokenizer_note("a\u200b", (token("[UNK]", 0, 2, unknown=True),), ["[UNK]"]).startswith("1 piece is")
    assert tokenizer_note("\u00c9a", (token("ea", 0, 2),), ["ea"]) is None
    assert tokenizer_note("\ud800a", (token("x", 0, 2),), ["\ufffda"]) == "Unpaired surrogates were read as U+FFFD."
    minilm = ac.load("minilm")
    for text, dropped in (
        ("say a\x01b", "U+0001"),
        ("abc a\u200bbc", "U+200B"),
        ("👩\u200d👧", None),
        ("a\u200cb", "U+200C"),
    ):
        trace = minilm.trace(text)
        note = tokenizer_note(text, trace.pieces, trace.tokens)
        assert (dropped is None and "U+200D" not in (note or "")) or dropped in note
