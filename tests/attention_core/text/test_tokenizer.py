"""Pieces, and where they stand in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models

import attention_core as ac
from attention_core.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return ac.load("minilm").tokenizer


def test_pieces_stand_where_they_were_typed(tokenizer):
    text = "The animal didn't"
    tokens = tokenizer.encode(text)
    assert [t.piece for t in tokens] == ["[CLS]", "the", "animal", "didn", "'", "t", "[SEP]"]
    assert [text[t.start : t.end] for t in tokens] == ["", "The", "animal", "didn", "'", "t", ""]
    assert [t.special for t in tokens] == [True, False, False, False, False, False, True]


def test_long_texts_are_not_cut(tokenizer):
    assert len(tokenizer.encode("word " * 400)) == 402


def test_what_the_vocabulary_lacks_is_unknown(tokenizer):
    assert [t.unknown for t in tokenizer.encode("a 🙂")] == [False, False, True, False]


def test_a_lone_surrogate_is_read_as_a_replacement(tokenizer):
    assert [t.id for t in tokenizer.encode("a\ud800b")] == [t.id for t in tokenizer.encode("a\ufffdb")]


@given(st.text(max_size=60))
def test_every_place_is_inside_the_text(tokenizer, text):
    for token in tokenizer.encode(text):
        assert 0 <= token.start <= token.end <= len(text)


def test_ids_become_the_text_they_stand_for(tokenizer):
    ids = [token.id for token in tokenizer.encode("The animals were unbelievably tokenized")]
    text, tokens = tokenizer.decode(ids)
    assert text == "the animals were unbelievably tokenized"
    assert [token.id for token in tokens] == ids
    assert [token.special for token in tokens][:2] == [True, False]
    assert "".join(text[token.start : token.end] for token in tokens) == text.replace(" ", "")
    assert all(text[t.start : t.end] == t.piece.removeprefix("##") for t in tokens if not t.special)


def test_no_ids_are_no_text(tokenizer):
    assert tokenizer.decode([]) == ("", ())


def test_what_follows_a_text_leaves_it_as_it_was_typed(tokenizer):
    own, more = ([t.id for t in tokenizer.encode(text)[1:-1]] for text in ("THE  cat", "sat ."))
    assert tokenizer.followed("THE  cat", own, more) == "THE  cat sat."
    assert tokenizer.followed("THE  cat", own, [tokenizer.encode("")[0].id]) == "THE  cat"


def test_where_later_tokens_change_what_earlier_ones_stand_for_the_text_stays(tmp_path):
    backend = Backend(models.WordLevel({"a": 0, "b": 1}, "a"))
    backend.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace("ab", "c")])
    backend.save(str(tmp_path / "tokenizer.json"))
    changing = Tokenizer(tmp_path / "tokenizer.json")
    assert changing.followed("", [], [0, 1]) == "c"
    assert changing.followed("a", [0], [1]) == "ab"
