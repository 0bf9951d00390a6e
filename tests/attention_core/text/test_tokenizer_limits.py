"""A tokenizer that would fill the memory, or never end, is refused; those that models have are not."""

import base64
import json
import time

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from attention_core.errors import CheckpointError, TokenizerError
from attention_core.text import tokenizer as module
from attention_core.text import tokenizer_limits
from tests.small_tokenizers import KINDS, TEXT

WORDS = models.WordLevel({"a": 0, "[UNK]": 1}, "[UNK]")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The longest expression that a supported family splits texts by."""


def content(**parts):
    """A tokenizer.json of two words, with these parts."""
    return {**json.loads(Tokenizer(WORDS).to_str()), **parts}


def load(folder, parts):
    (folder / "tokenizer.json").write_text(parts if isinstance(parts, str) else json.dumps(parts))
    return module.read_tokenizer_json(folder / "tokenizer.json")


def charsmap(*texts):
    """A character map whose table is empty, and whose texts are these."""
    return base64.b64encode(bytes(4) + "\0".join(texts).encode() + b"\0").decode()


def replace(pattern, text, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": text}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def template(*pieces, ids=(0,)):
    special = {"[X]": {"id": "[X]", "ids": list(ids), "tokens": ["a"] * len(ids)}}
    return {"type": "TemplateProcessing", "single": list(pieces), "pair": [], "special_tokens": special}


SEQUENCE, SPECIAL = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[X]", "type_id": 0}}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SPLIT = {"type": "Split", "pattern": {"Regex": O200K}, "behavior": "Isolated", "invert": False}


@pytest.mark.parametrize(
    "parts",
    [
        {"normalizer": sequence(*[replace("a", "aa")] * 11)},
        {"normalizer": sequence(sequence(*[replace("a", "aa")] * 6), sequence(*[replace("b", "aa")] * 5))},
        {"normalizer": sequence(*[replace("x*", "y", "Regex")] * 11)},
        {"normalizer": sequence(*[replace("", "y")] * 11)},
        {"normalizer": replace("a", "a" * 2001)},
        {"normalizer": sequence(*[{"type": "Prepend", "prepend": "aaa"}] * 6)},
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap("a", "b" * 2001)}},
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [BYTES] * 6}},
        {"decoder": {"type": "Sequence", "decoders": [replace("a", "aa")] * 11}},
    ],
)  # fmt: skip
def test_growth_is_limited_before_anything_is_read(tmp_path, parts, monkeypatch):
    monkeypatch.setattr(module, "Backend", None)
    with pytest.raises(TokenizerError, match="more than 2,000 characters of one, which is the limit"):
        load(tmp_path, content(**parts))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"normalizer": sequence(*[replace("a", "b")] * 100)}, "has more than 100 steps, which is the limit"),
        ({"normalizer": replace("a" * 10_001, "b")}, "has 10,001 characters; the limit is 10,000"),
        ({"normalizer": replace("[" + "a" * 10_000 + "]", "b", "Regex")}, "has 10,002 characters"),
        ({"normalizer": {"pattern": {"String": "a"}, "content": "aa"}}, "a step of type None, which is not supported"),
        ({"normalizer": {"type": "replace", "pattern": {"String": "a"}, "content": "aa"}}, "a step of type 'replace'"),
        ({"decoder": [1]}, "a step of type "),
        ({"decoder": {"type": {"type": "Fuse"}}}, "a step of type {'type': 'Fuse'}"),
        ({"post_processor": template(SEQUENCE, SEQUENCE)}, "repeats the text"),
        ({"post_processor": template(*[SPECIAL] * 11, ids=[0] * 100)}, "more than 1,000 special tokens"),
        ({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0], ["b" * 129, 0.0]]}}, "piece of 129 char"),
        ({"model": {"type": "WordPiece", "unk_token": "a", "vocab": {"a": 0}, "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 501}}, "max_input_chars_per_word = 501 is too large"),
        ({"normalizer": sequence(*[replace("a", "a" * 17)] * 2),
          "added_tokens": [{"id": 5, "content": "b" * 350_000}]}, "added tokens can have more than 100,000,000"),
    ],
)  # fmt: skip
def test_what_exceeds_a_limit_is_named(tmp_path, parts, said):
    with pytest.raises(TokenizerError, match=said):
        load(tmp_path, content(**parts))


@pytest.mark.parametrize("name", KINDS)
def test_the_tokenizers_of_models_are_within_the_limits(tmp_path, name):
    backend = KINDS[name]()
    tokens = load(tmp_path, backend.to_str()).encode(TEXT)
    assert [token.id for token in tokens] == backend.encode(TEXT).ids


def test_long_expressions_and_many_steps_are_within_the_limits(tmp_path):
    backend = KINDS["bytes"]()
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), *[normalizers.Replace(Regex(" {2,}"), " ")] * 2])
    backend.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(O200K), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)
    ])  # fmt: skip
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.ByteLevel(trim_offsets=False)
    start = time.thread_time()
    tokenizer = load(tmp_path, backend.to_str())
    assert time.thread_time() - start < 2
    assert tokenizer.decode([token.id for token in tokenizer.encode(TEXT)])[0] == TEXT


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}}, "tokenizer.json is not a tokenizer: Pre"),
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "is not a tokenizer: Precompiled"),
        ({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[X]", "type_id": 0}}],
                             "pair": [], "special_tokens": {}}}, "cannot read this text: no entry found for key"),
        ({"normalizer": replace("(a+)+$", "b", "Regex")}, "fails on a text: .*retry-limit"),
        ({"pre_tokenizer": {**SPLIT, "pattern": {"Regex": "(q|q)+z|(Q+)+z"}}}, "retry-limit"),
        ({"decoder": replace("(a+)+$", "b", "Regex")}, "retry-limit"),
    ],
)  # fmt: skip
def test_a_panic_of_the_backend_is_a_tokenizer_error(tmp_path, parts, said):
    parts = content(**parts, model={"type": "WordLevel", "vocab": {"a" * 4096: 0, "a" * 64 + "\ue000": 1},
                                    "unk_token": "a" * 64 + "\ue000"})  # fmt: skip
    with pytest.raises(CheckpointError, match=said) as raised:
        load(tmp_path, parts)
    assert type(raised.value) is TokenizerError


def test_a_slow_expression_is_refused_at_a_short_text(tmp_path):
    start = time.thread_time()
    with pytest.raises(TokenizerError, match=r"takes more than 0\.2 s for (257|513|1025) characters"):
        load(tmp_path, content(normalizer=replace("a*a*$", "b", "Regex")))
    assert time.thread_time() - start < 30


def test_a_text_without_a_token_is_named(tmp_path):
    tokenizer = load(tmp_path, content(model={"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "[UNK]"}) | {
        "pre_tokenizer": {"type": "WhitespaceSplit"}})  # fmt: skip
    assert [token.id for token in tokenizer.encode("a a")] == [0, 0]
    with pytest.raises(TokenizerError, match=r"cannot read this text: WordLevel error: Missing \[UNK\]"):
        tokenizer.encode("a b")


def test_an_interruption_is_not_a_tokenizer_error():
    for error in (KeyboardInterrupt, SystemExit, GeneratorExit):
        with pytest.raises(error), module.backend_errors("The tokenizer fails"):
            raise error


def test_a_map_counts_the_characters_of_its_longest_text():
    assert tokenizer_limits.longest_replacement(charsmap("éé", "中中中", "a")) == 3
    assert tokenizer_limits.longest_replacement("?") == 1
