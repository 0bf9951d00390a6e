"""Tokenizers as `transformers` builds them from a folder, whatever their kind and with all their settings."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Backend
from tokenizers import models

from attention_core.errors import MissingPackageError, TokenizerError
from attention_core.files import file_errors, read_object
from attention_core.text.no_tokenizer import NoTokenizer
from attention_core.text.slow_tokenizer import SlowTokenizer
from attention_core.text.tokenizer import TOKENIZER, Tokenizer, TokenizerProtocol, backend_errors
from attention_core.text.tokenizer_limits import PARTS, as_list, check_tokenizer
from attention_core.transformers_package import transformers_package
from attention_core.validate import summarize

SETTINGS, ADDED = "tokenizer_config.json", "added_tokens.json"
SENTENCEPIECE = ("spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.model", "source.spm",
                 "target.spm")  # fmt: skip
"""Files written by sentencepiece; Marian has a pair of them, one for each side."""
VOCABULARIES = (TOKENIZER, "vocab.txt", "vocab.json", "merges.txt", "bpe.codes", "dict.txt", "emoji.json",
                "tekken.json", "tiktoken.model", "target_vocab.json", *SENTENCEPIECE)  # fmt: skip
TOKENIZER_FILES = (*VOCABULARIES, SETTINGS, ADDED, "special_tokens_map.json", "chat_template.jinja")
"""The files that a tokenizer may consist of."""
NO_VOCABULARY = ("ByT5Tokenizer",)  # its tokens are bytes
VERSIONED = re.compile(r"tokenizer\.[\w.]+\.json", re.ASCII)
"""A tokenizer.json for a range of versions."""


def read_tokenizer(folder: Path) -> TokenizerProtocol:
    """The tokenizer of a folder: ids, pieces and offsets are those of `transformers.AutoTokenizer`.

    A tokenizer in Python gives no offsets. Code in the folder is never run. A folder without a tokenizer has a
    NoTokenizer. Raises TokenizerError, and MissingPackageError for files that need a package that is not installed.
    """
    with file_errors():
        files = {path.name for path in folder.iterdir()}
        settings = read_settings(folder, SETTINGS)
        found = [file for file in VOCABULARIES if file in files]
        if not found and settings.get("tokenizer_class") not in NO_VOCABULARY:
            return NoTokenizer()
        check_files(folder, settings)
    if TOKENIZER not in files:
        require_sentencepiece([file for file in SENTENCEPIECE if file in files])
    auto = build(folder, found)
    if not auto.is_fast or not encodes_directly(auto):
        return SlowTokenizer(auto)
    content = backend_content(auto.backend_tokenizer)
    check_tokenizer(content)
    return Tokenizer(auto.backend_tokenizer, content)


def target_tokenizer(tokenizer: TokenizerProtocol) -> TokenizerProtocol:
    """The tokenizer of a decoder's texts, given that of the encoder's: Marian has one for each side."""
    return tokenizer.for_target() if isinstance(tokenizer, SlowTokenizer) else tokenizer


def read_settings(folder: Path, file: str) -> dict[str, Any]:
    """A JSON object in a folder; empty when there is no such file."""
    return read_object((folder / file).read_bytes(), file, TokenizerError) if (folder / file).is_file() else {}


def check_files(folder: Path, settings: Mapping[str, Any]) -> None:
    """TokenizerError when a tokenizer.json, with the tokens that the other files add, exceeds a limit."""
    added = [{"content": text} for text in (*added_texts(settings), *read_settings(folder, ADDED))]
    versions = as_list(settings.get("fast_tokenizer_files"))
    for file in versions:
        if file != TOKENIZER and not (isinstance(file, str) and VERSIONED.fullmatch(file)):
            raise TokenizerError(f"{SETTINGS} names a tokenizer file {summarize(file)}, which is not supported.")
    for file in (TOKENIZER, *versions):
        content = read_settings(folder, file)
        check_tokenizer(content | {"added_tokens": [*as_list(content.get("added_tokens")), *added]})


def added_texts(value: Any) -> Iterator[str]:
    """All texts in the settings, of which some are added to the vocabulary."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else as_list(value):
        yield from added_texts(each)


def require_sentencepiece(files: list[str]) -> None:
    """MissingPackageError when these files cannot be read without a package that is not installed."""
    missing = [name for name, module in (("sentencepiece", "sentencepiece"), ("protobuf", "google.protobuf"))
               if files and not is_installed(module)]  # fmt: skip
    if missing:
        raise MissingPackageError(
            f"The model has its tokenizer as {' and '.join(files)}, and reading it takes {' and '.join(missing)}: "
            'pip install "attention-lab[sentencepiece]".'
        )


def is_installed(module: str) -> bool:
    """Whether a module can be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package
        return False


def build(folder: Path, found: list[str]) -> Any:
    """The tokenizer that AutoTokenizer makes of a folder; TokenizerError unless it reads one of the files found."""
    names = " and ".join(found) or SETTINGS
    with backend_errors(f"{names} is not a tokenizer" if len(found) < 2 else f"{names} are not a tokenizer"):
        reader = transformers_package().AutoTokenizer
        auto = reader.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
        read = {TOKENIZER, "tokenizer.model", "tekken.json", "tiktoken.model", *type(auto).vocab_files_names.values()}
        if found and not read.intersection(found):
            raise ValueError(f"{type(auto).__name__} reads {' or '.join(sorted(read))}")
    return auto


def encodes_directly(auto: Any) -> bool:
    """Whether a fast tokenizer gives a text to its backend as it is; that of Code Llama, for one, cuts it first."""
    return type(auto)._encode_plus is transformers_package().PreTrainedTokenizerFast._encode_plus


def backend_content(backend: Backend) -> dict[str, Any]:
    """What limits apply to, as in a tokenizer.json."""
    parts = {part: getattr(backend, part) for part in PARTS}
    content = {part: json.loads(each.__getstate__()) for part, each in parts.items() if each is not None}
    pieces = backend.get_vocab(with_added_tokens=False) if isinstance(backend.model, models.Unigram) else ()
    added = [{"content": token.content} for token in backend.get_added_tokens_decoder().values()]
    longest = getattr(backend.model, "max_input_chars_per_word", None)
    return content | {
        "added_tokens": added, "model": {"vocab": [[piece] for piece in pieces], "max_input_chars_per_word": longest}
    }  # fmt: skip
