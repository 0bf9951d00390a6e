"""From a configuration's own keys to this library's; every key is handled, known to be harmless, or refused by name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attention_core.config.model_config import (
    OPTIONAL_SIZE_LIMITS,
    SIZE_LIMITS,
    ModelConfig,
    check_model_size,
    is_integer,
)
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.schema import HARMLESS, REQUIRED, Family


def read_config(family: Family, raw: Mapping[str, Any]) -> ModelConfig:
    """The configuration in this library's names; UnsupportedConfigError names the key it refuses."""
    raw = without_aliases(family, of_text(family, raw) if family.within else raw)
    ruled = {key for rule in family.rules for key in rule.keys}
    tables = {*family.sizes.values(), *family.choices, *family.required}
    handled = tables | ruled | family.harmless | HARMLESS
    check_known(raw, handled | set(REQUIRED))
    wanted = {key: only for key, only in REQUIRED.items() if key not in handled}
    for key, required in {**wanted, **family.required}.items():
        if key in raw and not any(same(raw[key], each) for each in required):
            raise UnsupportedConfigError(
                f"{key} = {raw[key]!r} is not computed exactly here; supported: {required[0]!r}."
            )
    values = {**family.defaults, **raw}
    found = {**family.traits, **{name: values[key] for name, key in family.sizes.items()}}
    for name in filter(found.__contains__, (*SIZE_LIMITS, *OPTIONAL_SIZE_LIMITS)):  # before a rule reckons with them
        check_model_size(name, found[name])
    for key, choices in family.choices.items():
        traits = next((traits for own, traits in choices.items() if same(own, values[key])), None)
        if traits is None:
            supported = ", ".join(map(repr, choices))
            raise UnsupportedConfigError(f"{key} = {values[key]!r} is not supported; supported: {supported}.")
        found |= traits
    for rule in family.rules:
        found |= rule.read(values)
    return ModelConfig(**found, end_ids=ends(values.get("eos_token_id")))


def ends(said: object) -> tuple[int, ...]:
    """The tokens that end a text, by a configuration's one id or list of ids; what is no id ends nothing."""
    listed: list[Any] = said if isinstance(said, list) else [said]
    return tuple(each for each in listed if is_integer(each, 0))


def of_text(family: Family, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of the language model in that of a model that sees too, which says whether its head is tied."""
    own = raw.get(family.within)
    if not isinstance(own, dict):
        raise UnsupportedConfigError(f"{family.within} must be an object, got {own!r}.")
    check_known(raw, {family.within, "tie_word_embeddings"} | family.around | HARMLESS)
    tied = raw.get("tie_word_embeddings", family.defaults["tie_word_embeddings"])
    return own | {"tie_word_embeddings": tied}


def check_known(raw: Mapping[str, Any], known: Collection[str]) -> None:
    """Every key of a configuration is known; UnsupportedConfigError names those that are not."""
    if raw.get("quantization_config") is not None:
        raise UnsupportedConfigError(
            "Quantized weights, of which quantization_config tells, are not read here. Choose a copy of the model in "
            "float32, float16 or bfloat16."
        )
    if unknown := sorted(set(raw) - set(known)):
        raise UnsupportedConfigError(f"The configuration has keys whose effect is not known here: {several(unknown)}.")


def several(names: Sequence[str], most: int = 10) -> str:
    """Names in a row; of many the first, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def without_aliases(family: Family, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with each key under one name; UnsupportedConfigError where two names do not agree."""
    found = {key: value for key, value in raw.items() if key not in family.aliases}
    for other, key in family.aliases.items():
        if raw.get(other) is None:
            continue
        if key in found and not same(found[key], raw[other]):
            raise UnsupportedConfigError(f"{other} = {raw[other]!r} does not agree with {key} = {found[key]!r}.")
        found[key] = raw[other]
    return found


def same(a: object, b: object) -> bool:
    """Whether two values of a configuration are the same and of the same kind."""
    return type(a) is type(b) and a == b
