"""The tokenizer of a GGUF file: equal to the one that it was converted from, or refused by name."""

import json

import pytest

from attention_core.errors import TokenizerError
from attention_core.gguf.pre_tokenizers import PRE_TOKENIZERS
from attention_core.gguf.tokenizer import PREFIX, merges_by_score, tokenizer_content
from attention_core.text.tokenizer import build_tokenizer
from tests.small_tokenizers import byte_level

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PIECES = [*"abcdehilnorst.▁", "th", "he", "▁t", "▁th", "▁the", "ca", "cat", "▁cat", "▁▁"]
SPM = {
    "general.architecture": "llama",
    PREFIX + "model": "llama",
    PREFIX + "tokens": ["<unk>", "<s>", "</s>", *BYTES, *PIECES, "<tool>"],
    PREFIX + "scores": [0.0] * 3 + [0.0] * 256 + [-float(at) for at in range(len(PIECES))] + [-1000.0],
    PREFIX + "token_type": [2, 3, 3] + [6] * 256 + [1] * len(PIECES) + [4],
    PREFIX + "unknown_token_id": 0,
    PREFIX + "bos_token_id": 1,
    PREFIX + "eos_token_id": 2,
}
BPE = {
    "general.architecture": "qwen2",
    PREFIX + "model": "gpt2",
    PREFIX + "tokens": sorted(byte_level().get_vocab(), key=byte_level().get_vocab().__getitem__),
    PREFIX + "token_type": [3] + [1] * 268,
    PREFIX + "merges": [],
    PREFIX + "bos_token_id": 0,
    PREFIX + "eos_token_id": 0,
}


def built(metadata):
    content = tokenizer_content(metadata)
    return build_tokenizer(content, json.dumps(content).encode(), "model.gguf")


def pieces(metadata, text):
    return [token.piece for token in built(metadata).encode(text)]


@pytest.mark.parametrize(
    ("pre", "text", "expected"),
    [
        ("gpt-2", "it's 2024", ["it", "'s", " 2024"]),
        ("smollm", "it's 2024", ["it", "'s", " ", "2", "0", "2", "4"]),
        ("llama-bpe", "IT'S 20245", ["IT", "'S", " ", "202", "45"]),
        ("qwen2", "IT'S 2024", ["IT", "'S", " ", "2", "0", "2", "4"]),
        ("falcon", "it's 20245...", ["it", "'", "s", " ", "202", "45", "..."]),
        ("tekken", "McDonald/\n12", ["Mc", "Donald", "/\n", "1", "2"]),
        ("gpt-4o", "McDonald's 2024", ["Mc", "Donald's", " ", "202", "4"]),
    ],
)
def test_a_text_is_split_as_the_pre_tokenizer_says(pre, text, expected):
    backend = built(BPE | {PREFIX + "pre": pre})._backend
    assert [text[start:end] for _, (start, end) in backend.pre_tokenizer.pre_tokenize_str(text)] == expected


@pytest.mark.parametrize("pre", PRE_TOKENIZERS)
def test_every_pre_tokenizer_reads_any_text(pre):
    text = "It's the cat’s 猫 2024 tea\u0301\r\n\r\n  \tend"
    tokenizer = built(BPE | {PREFIX + "pre": pre, PREFIX + "add_bos_token": False})
    ids = [token.id for token in tokenizer.encode(text)]
    assert tokenizer.decode(ids)[0] in (text, text.replace("a\u0301", "á"))


def test_bytes_and_merges():
    merges = {PREFIX + "pre": "gpt-2", PREFIX + "merges": ["t h", "th e", "Ġ the"]}
    tokens = {PREFIX + "tokens": [*BPE[PREFIX + "tokens"], "th", "the", "Ġthe"], PREFIX + "token_type": None}
    vocabulary = dict.fromkeys([*BPE[PREFIX + "tokens"][:257], "th", "the", "Ġthe"])
    assert pieces(BPE | merges | {**tokens, PREFIX + "tokens": list(vocabulary)}, "the the") == ["the", "Ġthe"]


def test_control_tokens_are_found_in_a_text_and_special():
    first, *rest = built(BPE | {PREFIX + "pre": "gpt-2"}).encode("<|endoftext|>a")
    assert (first.piece, first.id, rest[0].piece) == ("<|endoftext|>", 0, "a")
    assert built(BPE).special_ids == {0}


def test_sentencepiece():
    assert pieces(SPM, "the cat") == ["<s>", "▁the", "▁cat"]
    assert pieces(SPM, "the  é<tool>") == ["<s>", "▁the", "▁▁", "<0xC3>", "<0xA9>", "<tool>"]
    assert pieces(SPM | {PREFIX + "add_space_prefix": False}, "the cat") == ["<s>", "th", "e", "▁cat"]
    tokenizer = built(SPM)
    assert tokenizer.decode([token.id for token in tokenizer.encode("the cats é")])[0] == "the cats é"
    assert tokenizer.special_ids == {0, 1, 2}


def test_the_best_scores_are_merged_first():
    scores = {"a": 0.0, "b": 0.0, "c": 0.0, "ab": -2.0, "bc": -1.0, "abc": -3.0}
    vocabulary = {piece: id for id, piece in enumerate(scores)}
    assert merges_by_score(vocabulary, scores) == [("b", "c"), ("a", "b"), ("ab", "c"), ("a", "bc")]


def test_gemma_merges_in_the_order_of_its_pieces_and_has_spaces_as_they_are():
    tokens = ["  " if piece == "▁▁" else piece for piece in SPM[PREFIX + "tokens"]]
    gemma = SPM | {"general.architecture": "gemma2", PREFIX + "tokens": tokens, PREFIX + "scores": []}
    assert pieces(gemma, "the  dot") == ["<s>", "th", "e", "▁▁", "d", "o", "t"]


@pytest.mark.parametrize("architecture", ["llama", "phi3"])
def test_special_tokens_around_a_text(architecture):
    metadata = SPM | {"general.architecture": architecture, PREFIX + "add_eos_token": True}
    assert pieces(metadata, "the") == ["<s>", "▁the", "</s>"]
    assert pieces(metadata | {PREFIX + "add_bos_token": False}, "the") == ["▁the", "</s>"]
    assert pieces(BPE | {PREFIX + "pre": "llama-bpe"}, "a") == ["<|endoftext|>", "a"]
    assert pieces(BPE | {PREFIX + "pre": "qwen2"}, "a") == ["a"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "bert"}, "Tokenizers of kind 'bert' are not supported; supported: 'gpt2' and 'llama'."),
        ({"model": None}, "Tokenizers of kind None are not supported"),
        ({"tokens": None}, "The metadata lacks tokenizer.ggml.tokens, without which the tokenizer cannot be built."),
        ({"scores": [1.0]}, f"The metadata has {len(SPM[PREFIX + 'tokens'])} tokens, but 1 scores."),
        ({"bos_token_id": 9999}, "tokenizer.ggml.bos_token_id = 9999 is not in the vocabulary of"),
        ({"tokens": ["a" * 200, *SPM[PREFIX + "tokens"][1:]]}, "The tokenizer's vocabulary has a piece of 200 char"),
        ({"model": "gpt2", "pre": "unheard-of"}, "The pre-tokenizer 'unheard-of' (tokenizer.ggml.pre) is not supp"),
        ({"model": "gpt2"}, "The pre-tokenizer None (tokenizer.ggml.pre) is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(change, message):
    with pytest.raises(TokenizerError) as raised:
        built(SPM | {PREFIX + key: value for key, value in change.items()})
    assert str(raised.value).startswith(message)
