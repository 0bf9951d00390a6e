"""The query and the key that are shown first."""

import numpy as np
import pytest

from attention_core.text.tokenizer import Token
from ui.words.examples import EXAMPLE_SENTENCES
from ui.words.first_pair import LETTERS, ORDINARY, WORDS, TokenList, first_pair, first_pair_note


def token(piece, special=False):
    return Token(1, piece, 0, 0, special, False)


def typed(text):
    """A text of words and punctuation, each a token, between [CLS] and [SEP]."""
    tokens, at = [token("[CLS]", special=True)], 0
    for word in text.split():
        at = text.index(word, at)
        tokens.append(Token(1, word, at, at + len(word), False, False))
    return listed(*tokens, token("[SEP]", special=True), text=text)


def listed(*tokens, text=""):
    return TokenList(tokens, text, frozenset(i for i, each in enumerate(tokens) if each.special))


def test_an_example_sets_the_first_pair():
    pieces = TokenList(tuple(token(piece) for piece in ("the", "animal", "street", "it")))
    assert first_pair(pieces, pieces, np.eye(4), EXAMPLE_SENTENCES[0], False) == (3, 1, "")


def test_the_word_that_stands_out_for_its_query_comes_first():
    text = typed("they fed birds .")
    weights = np.zeros((6, 6))
    weights[4] = [0, 0, 0, 0.9, 0.1, 0]  # "." → "birds": the largest weight of all, but of no word
    weights[2] = [0, 0, 0, 0.8, 0, 0.2]  # "fed" → "birds": next to each other
    weights[1] = [0.1, 0, 0.2, 0.5, 0.2, 0]  # "they" → "birds" 0.5, next 0.2
    weights[3] = [0, 0.6, 0.4, 0, 0, 0]  # "birds" → "they" 0.6, next 0.4
    assert first_pair(text, text, weights, None, False) == (1, 3, WORDS)
    weights[1] = [0.1, 0, 0.45, 0.5, 0, 0]
    assert first_pair(text, text, weights, None, False) == (3, 1, WORDS)


def test_without_words_that_stand_out_other_tokens_count():
    weights = np.array([[0, 0, 0, 0], [0, 0.1, 0.2, 0.7], [0, 0.9, 0.1, 0], [1.0, 0, 0, 0]])
    beside = typed("a !")
    assert first_pair(beside, beside, weights, None, False) == (2, 1, ORDINARY)
    pieces = TokenList((Token(1, "un", 0, 2, False, False), Token(1, "##be", 2, 4, False, False),
                        Token(1, "##lie", 4, 7, False, False)), "unbelie")  # fmt: skip
    rows = np.array([[0.1, 0.2, 0.7], [0.9, 0, 0.1], [0.3, 0.7, 0]])
    assert first_pair(pieces, pieces, rows, None, False) == (0, 2, LETTERS)


def test_the_trained_model_shows_pronouns_before_punctuation(minilm):
    trace = minilm.trace("I fed the birds because they were hungry.")
    tokens = TokenList.of(trace)
    pair = first_pair(tokens, tokens, trace.pattern(3)[1], None, False)
    assert (trace.tokens[pair.query], trace.tokens[pair.key], pair.kind) == ("they", "birds", WORDS)


def test_a_special_token_that_is_typed_is_no_word(minilm):
    trace = minilm.trace("It [CLS] smiles [MASK] now")
    tokens = TokenList.of(trace)
    assert tokens.special == {0, 2, 4, 6}
    weights = np.full((7, 7), 0.01)
    weights[3, 2], weights[1, 4], weights[5, 1] = 0.9, 0.9, 0.5
    assert first_pair(tokens, tokens, weights, None, False) == (5, 1, WORDS)


@pytest.mark.parametrize(
    ("kind", "crosses", "note"),
    [
        ("", False, ""),
        (WORDS, False, "Shown first: among words that are not next to each other, this weight is the farthest above "
                       "the query’s weight for any other word."),
        (WORDS, True, "Shown first: among words, this weight is the farthest above the query’s weight for any other "
                      "word."),
        (ORDINARY, False, "Shown first: among tokens that are not special, this weight is the farthest above the "
                          "query’s weight for any other of them."),
    ],
)  # fmt: skip
def test_the_page_says_why_a_pair_is_shown_first(kind, crosses, note):
    assert first_pair_note(kind, crosses) == note


def test_without_an_example_the_strongest_ordinary_pair_comes_first():
    pieces = (token("[CLS]", special=True), token("a"), token("b"), token("c"))
    weights = np.array([[0.9, 0, 0, 0.1], [0.5, 0.4, 0.05, 0.05], [0.2, 0.1, 0.4, 0.3], [1, 0, 0, 0]])
    assert first_pair(listed(*pieces), listed(*pieces), weights, None, False)[:2] == (2, 3)
    alone = (token("[CLS]", special=True),)
    assert first_pair(listed(*alone), listed(*alone), np.ones((1, 1)), None, False)[:2] == (0, 0)


def test_in_cross_attention_query_and_key_may_have_the_same_position():
    queries, keys = (
        (token("<pad>", special=True), token("a")),
        (token("x"), token("y"), token("</s>", special=True)),
    )
    weights = np.array([[0.1, 0.9, 0.0], [0.2, 0.3, 0.5]])
    assert first_pair(listed(*queries), listed(*keys), weights, None, True)[:2] == (1, 1)
    assert first_pair(listed(*queries[:1]), listed(*keys), weights[:1], None, True)[:2] == (0, 1)
