"""Tokenizers with any content: a text is read, or the tokenizer is refused, in bounded time and memory."""

import json
import warnings

from hypothesis import given
from hypothesis import strategies as st

from attention_core.text.auto_tokenizer import read_tokenizer
from attention_core.text.tokenizer import read_tokenizer_json
from attention_core.transformers_package import transformers_package
from tests.fuzz.bounded import JSON, TEXTS, bounded, examples, mutated
from tests.small_tokenizers import KINDS, TEXT

WHOLE = [json.loads(make().to_str()) for make in KINDS.values()]
PATTERNS = st.one_of(
    TEXTS, st.text("ab(|)*+?[]^$.{}\\dpL12, ", max_size=14),
    st.sampled_from(["(a+)+$", "(a|a)*b", "(.*)*x", "a*a*a*$", "x*", "", "(?=a)", "(", "\\p{L}+", " {2,}"]),
)  # fmt: skip
REPLACE = st.builds(
    lambda kind, pattern, content: {"type": "Replace", "pattern": {kind: pattern}, "content": content},
    st.sampled_from(["String", "Regex"]), PATTERNS, TEXTS | st.integers(0, 20_000).map("a".__mul__),
)  # fmt: skip
SPLIT = st.builds(
    lambda kind, pattern: {"type": "Split", "pattern": {kind: pattern}, "behavior": "Isolated", "invert": False},
    st.sampled_from(["String", "Regex"]), PATTERNS,
)  # fmt: skip
STEPS = REPLACE | SPLIT | st.sampled_from([
    {"type": "NFKC"}, {"type": "Lowercase"}, {"type": "BertNormalizer"}, {"type": "Prepend", "prepend": "aaaa"},
    {"type": "Precompiled", "precompiled_charsmap": ""},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[X]", "type_id": 0}}], "pair": [],
     "special_tokens": {}},
])  # fmt: skip


def sequence(kind, steps, count):
    """The steps in a sequence of one of the four kinds, repeated."""
    return {"type": "Sequence", kind: steps * count}


KINDS_OF_SEQUENCE = st.sampled_from(["normalizers", "pretokenizers", "decoders", "processors"])
FLAT = STEPS | st.builds(sequence, KINDS_OF_SEQUENCE, st.lists(STEPS, max_size=4), st.sampled_from([1, 1, 2, 7, 40]))
SEQUENCES = FLAT | st.builds(sequence, KINDS_OF_SEQUENCE, st.lists(FLAT, max_size=3), st.sampled_from([1, 2, 20]))
INPUTS = TEXTS | st.builds(str.__mul__, st.sampled_from(["a", "ab", " ", "\n", "é", "▁"]), st.integers(0, 20_000))


def read(folder, content, text):
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with bounded(seconds=20, megabytes=700):
        tokenizer = read_tokenizer_json(folder / "tokenizer.json")
        tokens = tokenizer.encode(TEXT)
        tokenizer.decode([token.id for token in tokens])
        tokenizer.readable_pieces([token.piece for token in tokens])
        tokenizer.encode(text)


@examples(30, 1000)
@given(data=st.data(), whole=st.sampled_from(WHOLE), text=INPUTS)
def test_a_changed_tokenizer(tmp_path_factory, data, whole, text):
    content = mutated(data.draw, json.loads(json.dumps(whole)), JSON | SEQUENCES)
    read(tmp_path_factory.mktemp("tokenizer"), content, text)


@examples(20, 1000)
@given(
    whole=st.sampled_from(WHOLE), text=INPUTS,
    parts=st.dictionaries(st.sampled_from(["normalizer", "pre_tokenizer", "decoder", "post_processor"]), SEQUENCES),
)  # fmt: skip
def test_any_steps(tmp_path_factory, whole, parts, text):
    read(tmp_path_factory.mktemp("tokenizer"), whole | parts, text)


CLASSES = ("BertTokenizer", "GPT2Tokenizer", "RobertaTokenizer", "LlamaTokenizerFast", "T5Tokenizer", "Qwen2Tokenizer",
           "PreTrainedTokenizerFast", "ByT5Tokenizer", "MarianTokenizer", "CodeLlamaTokenizer")  # fmt: skip
KEYS = st.sampled_from([
    "do_lower_case", "strip_accents", "add_prefix_space", "add_bos_token", "added_tokens_decoder", "unk_token",
    "additional_special_tokens", "extra_special_tokens", "split_special_tokens", "init_inputs", "vocab_file", "backend",
    "tokenizer_file", "tokenizer_object", "fast_tokenizer_files", "auto_map", "model_max_length", "chat_template",
    "post_processor", "gguf_file", "legacy", "special_tokens_map_file", "processor_class",
])  # fmt: skip
VALUES = JSON | TEXTS | st.booleans() | st.sampled_from([
    "/etc/passwd", "[MASK]", ["<new>"], {"70": {"content": "a b"}},
])  # fmt: skip
OTHERS = st.sampled_from(["special_tokens_map.json", "added_tokens.json", "vocab.txt"])


@examples(20, 1000)
@given(
    model_type=st.sampled_from(["bert", "gpt2", "llama", "t5", "qwen2", "marian", "roberta"]), text=INPUTS,
    name=st.sampled_from(CLASSES) | JSON, settings=st.dictionaries(KEYS, VALUES, max_size=4),
    content=st.sampled_from(WHOLE), others=st.dictionaries(OTHERS, JSON, max_size=2),
)  # fmt: skip
def test_any_settings(tmp_path_factory, model_type, text, name, settings, content, others):
    files = {"tokenizer_config.json": settings | {"tokenizer_class": name}, "tokenizer.json": content, **others}
    folder = tmp_path_factory.mktemp("settings")
    for file, value in ({"config.json": {"model_type": model_type}} | files).items():
        (folder / file).write_text(json.dumps(value))
    transformers_package().AutoTokenizer  # noqa: B018 (imported before memory is counted)
    with bounded(seconds=20, megabytes=700), warnings.catch_warnings(action="ignore"):
        tokenizer = read_tokenizer(folder)
        tokenizer.decode([token.id for token in tokenizer.encode(TEXT)])
        tokenizer.encode(text)
