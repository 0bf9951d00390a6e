"""The tokenizer of a GGUF file, as the content of a `tokenizer.json`, from its vocabulary and merges.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#tokenizer
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from attention_core.config.model_config import is_integer
from attention_core.errors import TokenizerError
from attention_core.gguf.pre_tokenizers import COMPOSED, DEFAULTS, PRE_TOKENIZERS, WHOLE_WORDS
from attention_core.text.tokenizer_limits import MAX_UNIGRAM

PREFIX = "tokenizer.ggml."
SPACE = "▁"  # a space, in SentencePiece's pieces
UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4  # types of tokens
GEMMA = ("gemma", "gemma2", "gemma3")
Content = dict[str, Any]
Value = TypeVar("Value", str, float)


def tokenizer_content(metadata: Mapping[str, Any]) -> Content:
    """The content of a tokenizer; TokenizerError for a kind that is not supported, or for what is missing."""
    tokens, kind = required(metadata, "tokens", str), metadata.get(f"{PREFIX}model")
    if kind not in ("gpt2", "llama"):
        raise TokenizerError(f"Tokenizers of kind {kind!r} are not supported; supported: 'gpt2' and 'llama'.")
    content = byte_level(metadata, tokens) if kind == "gpt2" else sentencepiece(metadata, tokens)
    known = content["model"]["vocab"]
    added = [token for token in added_tokens(metadata, tokens) if token["content"] in known]
    return content | {"added_tokens": added, "post_processor": template(metadata, tokens)}


def required(metadata: Mapping[str, Any], key: str, kind: type[Value]) -> list[Value]:
    """A list of the metadata, of texts or of numbers; TokenizerError where it is missing."""
    values = metadata.get(PREFIX + key)
    if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
        raise TokenizerError(f"The metadata lacks {PREFIX}{key}, without which the tokenizer cannot be built.")
    return values


def pre_tokenizer(metadata: Mapping[str, Any]) -> str:
    """The name of the pre-tokenizer; TokenizerError for one that is not known."""
    name = metadata.get(f"{PREFIX}pre", DEFAULTS.get(str(metadata.get("general.architecture"))))
    if name not in PRE_TOKENIZERS:
        raise TokenizerError(
            f"The pre-tokenizer {name!r} ({PREFIX}pre) is not supported; supported: {', '.join(PRE_TOKENIZERS)}."
        )
    return str(name)


def byte_level(metadata: Mapping[str, Any], tokens: Sequence[str]) -> Content:
    """Byte-level BPE, as in GPT-2."""
    name = pre_tokenizer(metadata)
    model = {
        "type": "BPE", "vocab": {token: id for id, token in enumerate(tokens)},
        "merges": required(metadata, "merges", str), "ignore_merges": name in WHOLE_WORDS,
    }  # fmt: skip
    return {
        "model": model,
        "normalizer": {"type": "NFC"} if name in COMPOSED else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": PRE_TOKENIZERS[name]},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    }


def sentencepiece(metadata: Mapping[str, Any], tokens: Sequence[str]) -> Content:
    """SentencePiece's BPE, whose merges follow from the scores of its pieces; Gemma's from their order."""
    architecture = metadata.get("general.architecture")
    scores: Sequence[float]
    if architecture in GEMMA:
        tokens = [SPACE * len(token) if token.isspace() and set(token) == {" "} else token for token in tokens]
        scores = range(0, -len(tokens), -1)
    else:
        scores = required(metadata, "scores", float)
    if len(scores) != len(tokens):
        raise TokenizerError(f"The metadata has {len(tokens)} tokens, but {len(scores)} scores.")
    vocabulary = {token: id for id, token in enumerate(tokens)}
    unknown = metadata.get(f"{PREFIX}unknown_token_id", 0)
    merges = merges_by_score(vocabulary, dict(zip(tokens, scores, strict=True)))
    model = {
        "type": "BPE", "vocab": vocabulary, "merges": merges,
        "unk_token": tokens[unknown] if is_integer(unknown, 0) and unknown < len(tokens) else None,
        "fuse_unk": True, "byte_fallback": True,
    }  # fmt: skip
    prefixed = metadata.get(f"{PREFIX}add_space_prefix", architecture not in GEMMA)
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    decoders = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        *([{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prefixed else []),
    ]  # fmt: skip
    steps: Content = {}
    if architecture in GEMMA:
        steps["normalizer"] = replace
    elif architecture == "phi3":
        prepend = {"type": "Prepend", "prepend": SPACE}
        steps["normalizer"] = {"type": "Sequence", "normalizers": [prepend, replace]}
    else:
        steps["pre_tokenizer"] = {
            "type": "Metaspace", "replacement": SPACE, "prepend_scheme": "first" if prefixed else "never",
            "split": False,
        }  # fmt: skip
    return {"model": model, "decoder": {"type": "Sequence", "decoders": decoders}, **steps}


def merges_by_score(vocabulary: Mapping[str, int], scores: Mapping[str, float]) -> list[tuple[str, str]]:
    """The pairs of pieces that are pieces together, those with the highest score first.

    Source: generate_merges in transformers/tokenization_utils_base.py
    """
    merges: list[tuple[float, str, str]] = []
    for piece, score in scores.items():
        if len(piece) > MAX_UNIGRAM:
            raise TokenizerError(
                f"The tokenizer's vocabulary has a piece of {len(piece):,} characters; the limit is {MAX_UNIGRAM}."
            )
        splits = ((piece[:at], piece[at:]) for at in range(1, len(piece)))
        pairs = [(left, right) for left, right in splits if left in vocabulary and right in vocabulary]
        pairs.sort(key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
        merges += [(score, left, right) for left, right in pairs]
    merges.sort(key=lambda merge: (merge[0], len(merge[1]), len(merge[2])), reverse=True)
    return [(left, right) for _, left, right in merges]


def added_tokens(metadata: Mapping[str, Any], tokens: Sequence[str]) -> list[Content]:
    """The tokens that are found in a text before it is split; those that control a model are special."""
    kinds = metadata.get(f"{PREFIX}token_type")
    return [
        {"id": id, "content": token, "special": kind != USER_DEFINED, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False}
        for id, (token, kind) in enumerate(zip(tokens, kinds if isinstance(kinds, list) else [], strict=False))
        if kind in (UNKNOWN, CONTROL, USER_DEFINED)
    ]  # fmt: skip


def template(metadata: Mapping[str, Any], tokens: Sequence[str]) -> Content | None:
    """The special tokens before and after every text; None for none."""
    kind, pre = metadata.get(f"{PREFIX}model"), metadata.get(f"{PREFIX}pre")
    begins = metadata.get(f"{PREFIX}add_bos_token", kind == "llama" or pre in WHOLE_WORDS)
    ends = metadata.get(f"{PREFIX}add_eos_token", False)
    pieces: list[Content] = [{"Sequence": {"id": "A", "type_id": 0}}]
    special: Content = {}
    for name, is_added, at in (("bos", begins, 0), ("eos", ends, len(pieces) + 1)):
        id = metadata.get(f"{PREFIX}{name}_token_id")
        if is_added and id is not None:
            if not is_integer(id, 0) or id >= len(tokens):
                raise TokenizerError(f"{PREFIX}{name}_token_id = {id!r} is not in the vocabulary of {len(tokens)}.")
            special[tokens[id]] = {"id": tokens[id], "ids": [id], "tokens": [tokens[id]]}
            pieces.insert(at, {"SpecialToken": {"id": tokens[id], "type_id": 0}})
    if not special:
        return None
    pair = [*pieces, {"Sequence": {"id": "B", "type_id": 0}}]
    return {"type": "TemplateProcessing", "single": pieces, "pair": pair, "special_tokens": special}
