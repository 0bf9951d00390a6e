"""The keys of a configuration that its family's tables do not have: let pass, or refused by name.

The reference is transformers: a key that its configuration class of a family does not define is not read by the model.
Three kinds are refused: a key that the class defines; code of the model's own; and a key that means something in
another family and does not agree with what is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attention_core.config.model_config import ModelConfig
from attention_core.errors import UnsupportedConfigError, shorten_middle
from attention_core.families.reading.meanings import agrees
from attention_core.families.reading.reference import defined_keys, is_own_code, is_repository
from attention_core.families.reading.schema import COMMON_HARMLESS, COMMON_REQUIRED, Family

WINDOW_KEYS = frozenset({"sliding_window", "max_window_layers"})
"""Keys without a meaning where `use_sliding_window` is false."""


def known_keys(family: Family) -> frozenset[str]:
    """The keys that a family reads, requires or knows to be harmless."""
    in_rules = {key for rule in family.rules for key in rule.keys}
    in_tables = {*family.sizes.values(), *family.choices, *family.required, *family.aliases}
    return frozenset(in_tables | in_rules) | family.harmless | COMMON_HARMLESS


def ignored_keys(family: Family, raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a configuration that change nothing that is computed, sorted; a nested one as "text_config.key"."""
    parts = unknown_keys(family, raw)
    return tuple(sorted(f"{part}.{key}" if part else key for part, unknown in parts.items() for key in unknown))


def unknown_keys(family: Family, raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The keys that a family's tables do not have, with their values: of the configuration, "", and of `within`."""
    parts = {family.within: (raw[family.within] if family.within else raw, known_keys(family))}
    if family.within:
        parts[""] = raw, COMMON_HARMLESS | family.around | {family.within, "tie_word_embeddings"}
    return {
        part: {key: value for key, value in values.items() if key not in known and key not in COMMON_REQUIRED}
        for part, (values, known) in parts.items()
    }


def check_ignored_keys(family: Family, raw: Mapping[str, Any], config: ModelConfig) -> None:
    """UnsupportedConfigError, which names the keys, where a key that is not read may change what the model computes.

    config: the configuration that was read without these keys
    """
    for part, unknown in unknown_keys(family, raw).items():
        if not unknown:
            continue
        if defined := sorted(defined_keys(family.model_type, part) & unknown.keys()):
            raise UnsupportedConfigError(f"The configuration has unsupported keys: {listing(defined)}.")
        check_own_code(family.model_type, unknown.get("auto_map"))
        silent = WINDOW_KEYS if unknown.get("use_sliding_window") is False else frozenset()
        against = [key for key in sorted(unknown.keys() - silent) if not agrees(key, unknown[key], config)]
        if against:
            raise UnsupportedConfigError(
                f"{listing([f'{key} = {shorten_middle(repr(unknown[key]), 60)}' for key in against])} "
                f"{'does' if len(against) == 1 else 'do'} not agree with what a model of type {family.model_type!r} "
                "computes.",
                "Use another model, or remove what is left over from another one from config.json.",
            )


def check_own_code(model_type: str, auto_map: object) -> None:
    """UnsupportedConfigError unless each module that `auto_map` names is the family's, with a class of transformers.

    Its tokenizer may also be the id of a repository, which names no module.
    """
    if auto_map is None:
        return
    entries = auto_map if isinstance(auto_map, dict) else {"": auto_map}
    paths = [
        path for key, entry in entries.items() for path in (entry if isinstance(entry, list) else [entry])
        if path is not None and not (key == "AutoTokenizer" and is_repository(path))
    ]  # fmt: skip
    if foreign := [str(path) for path in paths if not is_own_code(model_type, path)]:
        raise UnsupportedConfigError(
            f"auto_map names code that comes with the model: {listing(foreign, 3)}. It is never run here, and it may "
            f"compute something else than a model of type {model_type!r}.",
            "Use a model without it, or remove auto_map from config.json if that code computes the same.",
        )


def listing(names: Sequence[str], most: int = 10) -> str:
    """Names separated by commas; of many the first, and the number of the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
