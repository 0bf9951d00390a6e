"""Pieces as readable text: complete and split characters, spaces, special tokens, and invalid UTF-8."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders, pre_tokenizers

from attention_core.text.pieces import BYTE_OF_CHARACTER, alphabet_of, piece_bytes, readable_pieces, split_characters

TO_CHARACTER = {byte: character for character, byte in BYTE_OF_CHARACTER.items()}


def written(span):
    return "".join(TO_CHARACTER[byte] for byte in span)


def cut(data, places):
    ends = [0, *sorted({min(place, len(data)) for place in places}), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(ends) if b > a]


def test_the_alphabet_is_that_of_the_reference():
    assert sorted(BYTE_OF_CHARACTER) == sorted(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(BYTE_OF_CHARACTER.values()) == list(range(256))


@pytest.mark.parametrize(
    ("decoder", "alphabet"),
    [
        (decoders.ByteLevel(), "bytes"),
        (decoders.Metaspace(), "spaces"),
        (decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]), "spaces"),
        (decoders.WordPiece(), "none"),
        (None, "none"),
    ],
)
def test_the_alphabet_of_a_decoder(decoder, alphabet):
    assert alphabet_of(decoder) == alphabet


@pytest.mark.parametrize(
    ("pieces", "alphabet", "told"),
    [
        (["The", "Ġcat", "Ċ"], "bytes", ["The", " cat", "\n"]),
        (["ĠçĮ", "«"], "bytes", [" 猫(1/2)", "猫(2/2)"]),
        (["çĮ«çĮ«"], "bytes", ["猫猫"]),
        (["ð", "Ł", "Ļ", "Ĥ", "!"], "bytes", ["🙂(1/4)", "🙂(2/4)", "🙂(3/4)", "🙂(4/4)", "!"]),
        (["Ù", "ħØ", "±"], "bytes", ["م(1/2)", "م(2/2)ر(1/2)", "ر(2/2)"]),
        (["çĮ", "Ġa"], "bytes", ["<E7><8C>", " a"]),
        (["«", "a"], "bytes", ["<AB>", "a"]),
        (["<|end|>", "çĮ", "<|end|>"], "bytes", ["<|end|>", "<E7><8C>", "<|end|>"]),
        (["猫", "Ġa"], "bytes", ["猫", " a"]),
        (["▁The", "▁", "c", "<0xE7>", "<0x8C>", "<0xAB>", "▁"], "spaces",
         [" The", " ", "c", "猫(1/3)", "猫(2/3)", "猫(3/3)", " "]),
        (["[CLS]", "play", "##ing"], "none", ["[CLS]", "play", "##ing"]),
    ],
)  # fmt: skip
def test_readable_pieces(pieces, alphabet, told):
    assert readable_pieces(pieces, alphabet, frozenset({"<|end|>"})) == told


@given(st.text(max_size=12), st.lists(st.integers(0, 40), max_size=8))
def test_pieces_of_complete_characters_are_unchanged(text, places):
    characters = cut(text, places)
    assert readable_pieces([written(each.encode()) for each in characters], "bytes") == characters


@given(st.text(min_size=1, max_size=12), st.lists(st.integers(0, 40), max_size=8))
def test_every_character_is_readable_wherever_a_text_is_split(text, places):
    spans = cut(text.encode(), places)
    told = readable_pieces([written(span) for span in spans], "bytes")
    assert len(told) == len(spans)
    assert set(text) <= set("".join(told))


@given(st.binary(max_size=12), st.lists(st.integers(0, 12), max_size=6))
def test_any_bytes_are_read_without_an_error(data, places):
    spans = cut(data, places)
    told = readable_pieces([written(span) for span in spans], "bytes")
    assert len(told) == len(spans)
    assert all(piece_bytes(written(span), "bytes") == span for span in spans)


def test_each_piece_has_its_own_characters():
    assert split_characters([b"a", b"b"], "ab") == ["a", "b"]
    assert split_characters([b"x\xe7", b"\x8c", b"\xaby"], "x猫y") == ["x猫(1/3)", "猫(2/3)", "猫(3/3)y"]
