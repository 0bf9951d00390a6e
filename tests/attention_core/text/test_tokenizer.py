"""Tokens and their spans in the text, and decoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models

import attention_core as ac
from attention_core.text.tokenizer import read_tokenizer_json


@pytest.fixture(scope="module")
def tokenizer():
    return ac.load("minilm").tokenizer


def test_tokens_have_their_spans_in_the_text(tokenizer):
    text = "The animal didn't"
    tokens = tokenizer.encode(text)
    assert [t.piece for t in tokens] == ["[CLS]", "the", "animal", "didn", "'", "t", "[SEP]"]
    assert [text[t.start : t.end] for t in tokens] == ["", "The", "animal", "didn", "'", "t", ""]
    assert [t.special for t in tokens] == [True, False, False, False, False, False, True]


def test_long_texts_are_not_truncated(tokenizer):
    assert len(tokenizer.encode("word " * 400)) == 402


def test_characters_outside_the_vocabulary_are_unknown(tokenizer):
    assert [t.unknown for t in tokenizer.encode("a 🙂")] == [False, False, True, False]


def test_a_lone_surrogate_is_read_as_a_replacement(tokenizer):
    assert [t.id for t in tokenizer.encode("a\ud800b")] == [t.id for t in tokenizer.encode("a\ufffdb")]


@given(st.text(max_size=60))
def test_every_span_is_inside_the_text(tokenizer, text):
    for token in tokenizer.encode(text):
        assert 0 <= token.start <= token.end <= len(text)


def test_ids_are_decoded(tokenizer):
    ids = [token.id for token in tokenizer.encode("The animals were unbelievably tokenized")]
    text, tokens = tokenizer.decode(ids)
    assert text == "the animals were unbelievably tokenized"
    assert [token.id for token in tokens] == ids
    assert [token.special for token in tokens][:2] == [True, False]
    assert "".join(text[token.start : token.end] for token in tokens) == text.replace(" ", "")
    assert all(text[t.start : t.end] == t.piece.removeprefix("##") for t in tokens if not t.special)


def test_no_ids_decode_to_an_empty_text(tokenizer):
    assert tokenizer.decode([]) == ("", ())


def test_an_extended_text_starts_with_the_text_as_typed(tokenizer):
    own, more = ([t.id for t in tokenizer.encode(text)[1:-1]] for text in ("THE  cat", "sat ."))
    assert tokenizer.extended_text("THE  cat", own, more) == "THE  cat sat."
    assert tokenizer.extended_text("THE  cat", own, [tokenizer.encode("")[0].id]) == "THE  cat"


def test_the_text_stays_when_later_tokens_change_how_earlier_ones_decode(tmp_path):
    backend = Backend(models.WordLevel({"a": 0, "b": 1}, "a"))
    backend.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace("ab", "c")])
    backend.save(str(tmp_path / "tokenizer.json"))
    changing = read_tokenizer_json(tmp_path / "tokenizer.json")
    assert changing.extended_text("", [], [0, 1]) == "c"
    assert changing.extended_text("a", [0], [1]) == "ab"
