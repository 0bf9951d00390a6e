"""How byte-level tokenizers split a text before their merges, by the name that llama.cpp's converter gives it.

Source: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
"""

from typing import Any

Step = dict[str, Any]

BY_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
BY_CASE = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|"
)
CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n%s]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = BY_LETTERS + r"\p{N}{1,3}" + REST % ""
QWEN2 = BY_LETTERS + r"\p{N}" + REST % ""
TEKKEN = BY_CASE % ("", "") + r"\p{N}" + REST % "/"
GPT4O = BY_CASE % (CONTRACTION, CONTRACTION) + r"\p{N}{1,3}" + REST % "/"


def byte_level(use_regex: bool) -> Step:
    """The step that spells bytes as characters, after GPT-2's regular expression where that is used."""
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def split(expression: str) -> Step:
    """The step that splits a text into the matches of a regular expression."""
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


def digits(individual: bool) -> Step:
    """The step that separates digits, each from the others or only from the rest."""
    return {"type": "Digits", "individual_digits": individual}


FALCON = [
    {"type": "Punctuation", "behavior": "Contiguous"}, byte_level(True), digits(False), split("[0-9][0-9][0-9]"),
]  # fmt: skip

PRE_TOKENIZERS: dict[str, list[Step]] = {
    **{name: [byte_level(True)] for name in ("gpt-2", "gpt2", "phi-2", "olmo", "mpt")},
    **{name: [digits(True), byte_level(True)] for name in ("smollm", "starcoder", "refact", "command-r", "codeshell")},
    "falcon": FALCON,
    **{
        name: [split(expression), byte_level(False)]
        for expression, names in {
            LLAMA3: ("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "dbrx", "smaug-bpe"),
            QWEN2: ("qwen2", "deepseek-r1-qwen", "megrez", "stablelm2"),
            TEKKEN: ("tekken",),
            GPT4O: ("gpt-4o", "llama4"),
        }.items()
        for name in names
    },
}
"""The steps by the name of the pre-tokenizer."""

DEFAULTS = {"gpt2": "gpt-2", "falcon": "falcon", "qwen2": "qwen2"}
"""Architecture -> the pre-tokenizer of its models, for files from before they named it."""

COMPOSED = ("qwen2", "deepseek-r1-qwen", "megrez")
"""Pre-tokenizers before which characters are composed (NFC)."""

WHOLE_WORDS = ("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "tekken")
"""Pre-tokenizers after which a word in the vocabulary is one token, whatever the merges; these begin every text."""
