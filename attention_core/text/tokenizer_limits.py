"""Limits of a `tokenizer.json`: its Rust code cannot be interrupted, so what could fill the memory is refused before.

The limits are above those of published tokenizers. The most growth has ALBERT's: 18 for NFKD, 3 for lowercase letters,
18 for its character map and 2 for spaces make 1,944.
"""

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from attention_core.errors import TokenizerError
from attention_core.validate import summarize

MAX_STEPS = 100  # normalizers, pre-tokenizers, decoders and post-processors
MAX_PATTERN = 10_000  # characters of a pattern, or of the text it is replaced by
MAX_GROWTH = 2_000  # characters from one character
MAX_ADDED = 10**8  # characters of all added tokens after normalization
MAX_SPECIAL = 1_000  # special tokens around a text
MAX_UNIGRAM = 128  # characters of a piece; the time for a text grows with the longest
MAX_WORD = 500  # characters; the time for a word grows with the cube

GROWTH = {
    "NFD": 4, "NFC": 4, "NFKD": 18, "NFKC": 18, "Lowercase": 3, "BertNormalizer": 9, "ByteLevel": 4, "Metaspace": 2,
    "WordPiece": 2, "Replace": 1, "Prepend": 1, "Precompiled": 1, "Strip": 1, "StripAccents": 1, "Nmt": 1,
    "Sequence": 1, "BertPreTokenizer": 1, "CharDelimiterSplit": 1, "Whitespace": 1, "WhitespaceSplit": 1, "Split": 1,
    "Punctuation": 1, "Digits": 1, "UnicodeScripts": 1, "FixedLength": 1, "BPEDecoder": 1, "CTC": 1, "Fuse": 1,
    "ByteFallback": 1, "RobertaProcessing": 1, "BertProcessing": 1, "TemplateProcessing": 1,
}  # fmt: skip
"""The steps that are known, and the most characters that each makes of one, apart from its own texts."""

PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
SEQUENCES = ("normalizers", "pretokenizers", "processors", "decoders")
Step = Mapping[str, Any]


def check_tokenizer(content: Mapping[str, Any]) -> None:
    """TokenizerError when a tokenizer's steps, special tokens or pieces exceed a limit."""
    steps = {part: list(islice(find_steps(content.get(part)), MAX_STEPS + 1)) for part in PARTS}
    if sum(map(len, steps.values())) > MAX_STEPS:
        raise TokenizerError(f"The tokenizer has more than {MAX_STEPS} steps, which is the limit.")
    for step in (step for each in steps.values() for step in each):
        check_texts(step)
        check_template(step)
    encoding = math.prod(map(growth, (*steps["normalizer"], *steps["pre_tokenizer"])))
    decoding = math.prod(map(growth, steps["decoder"]))
    if max(encoding, decoding) > MAX_GROWTH:
        raise TokenizerError(f"The tokenizer can make more than {MAX_GROWTH:,} characters of one, which is the limit.")
    added = [token.get("content") for token in as_list(content.get("added_tokens")) if isinstance(token, dict)]
    if encoding * sum(len(text) for text in added if isinstance(text, str)) > MAX_ADDED:
        raise TokenizerError(f"The tokenizer's added tokens can have more than {MAX_ADDED:,} characters, the limit.")
    check_model(content.get("model"))


def find_steps(part: Any) -> Iterator[Step]:
    """The steps of a part of a tokenizer, those in sequences included; TokenizerError for an unknown type of step."""
    if part is None:
        return
    kind = part.get("type") if isinstance(part, dict) else part
    if not isinstance(part, dict) or not isinstance(kind, str) or kind not in GROWTH:
        raise TokenizerError(f"The tokenizer has a step of type {summarize(kind)}, which is not supported.")
    yield part
    for key in SEQUENCES:
        for each in as_list(part.get(key)):
            yield from find_steps(each)


def check_texts(step: Step) -> None:
    """TokenizerError for a step's pattern, or text that it adds, that is too long."""
    pattern = step.get("pattern")
    found = [*(pattern.values() if isinstance(pattern, dict) else ()), step.get("content"), step.get("prepend")]
    if (longest := max((len(text) for text in found if isinstance(text, str)), default=0)) > MAX_PATTERN:
        raise TokenizerError(
            f"A pattern or text of the tokenizer has {longest:,} characters; the limit is {MAX_PATTERN:,}."
        )


def regular_expressions(content: Mapping[str, Any]) -> list[str]:
    """All regular expressions of a tokenizer."""
    given = [step.get("pattern") for part in PARTS for step in find_steps(content.get(part))]
    found = [pattern.get("Regex") for pattern in given if isinstance(pattern, dict)]
    return [each for each in found if isinstance(each, str)]


def growth(step: Step) -> int:
    """The most characters that a step makes of one character."""
    match step:
        case {"type": "Replace", "pattern": {"String": str(pattern)}, "content": str(content)} if pattern:
            return max(1, math.ceil(len(content) / len(pattern)))
        case {"type": "Replace", "content": str(content)}:  # the pattern may match between any two characters
            return 1 + len(content)
        case {"type": "Prepend", "prepend": str(text)}:
            return 1 + len(text)
        case {"type": "Precompiled", "precompiled_charsmap": str(charsmap)}:
            return longest_replacement(charsmap)
    return GROWTH[step["type"]]


def longest_replacement(charsmap: str) -> int:
    """The characters of the longest text in a character map: after a table of a given size, texts that end with 0."""
    try:
        raw = base64.b64decode(charsmap)
    except (binascii.Error, ValueError):
        return 1  # refused when it is read
    return max(1, *map(len, raw[4 + int.from_bytes(raw[:4], "little") :].decode(errors="replace").split("\0")))


def check_template(step: Step) -> None:
    """TokenizerError for a template that repeats the text, or adds too many special tokens."""
    pieces, special = as_list(step.get("single")), step.get("special_tokens")
    tokens = list(special.values()) if isinstance(special, dict) else []
    longest = max((len(as_list(each.get("ids"))) for each in tokens if isinstance(each, dict)), default=0)
    if longest * len(pieces) > MAX_SPECIAL:
        raise TokenizerError(f"The tokenizer can add more than {MAX_SPECIAL:,} special tokens, which is the limit.")
    if sum("Sequence" in piece for piece in pieces if isinstance(piece, dict)) > 1:
        raise TokenizerError("The tokenizer's template repeats the text.")


def check_model(model: Any) -> None:
    """TokenizerError for pieces or words so long that a text would take minutes."""
    if not isinstance(model, dict):
        return
    pieces = [entry[0] for entry in as_list(model.get("vocab")) if isinstance(entry, list) and entry]
    if (longest := max((len(piece) for piece in pieces if isinstance(piece, str)), default=0)) > MAX_UNIGRAM:
        raise TokenizerError(
            f"The tokenizer's vocabulary has a piece of {longest:,} characters; the limit is {MAX_UNIGRAM}."
        )
    word = model.get("max_input_chars_per_word")
    if isinstance(word, int | float) and word > MAX_WORD:
        raise TokenizerError(f"max_input_chars_per_word = {word} is too large; the limit is {MAX_WORD}.")


def as_list(value: Any) -> list[Any]:
    """The value, if it is a list; else no values."""
    return value if isinstance(value, list) else []
