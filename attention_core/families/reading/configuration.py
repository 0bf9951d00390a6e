"""From a configuration's keys to this library's fields; keys that could change what is computed are refused by name."""

from collections.abc import Mapping
from typing import Any

from attention_core.config.model_config import (
    OPTIONAL_SIZE_LIMITS,
    SIZE_LIMITS,
    ModelConfig,
    check_model_size,
    is_integer,
)
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.ignored import check_ignored_keys, known_keys
from attention_core.families.reading.schema import COMMON_REQUIRED, Family

QUANTIZED = ("quantization_config", "quantization", "compression_config")
"""Keys of quantized weights: of transformers, of MLX, of compressed-tensors."""


def read_config(family: Family, raw: Mapping[str, Any]) -> ModelConfig:
    """The configuration with this library's names; UnsupportedConfigError names an unsupported key or value."""
    check_not_quantized(raw)
    given = without_aliases(family, language_model_config(family, raw) if family.within else raw)
    known = known_keys(family)
    common = {key: supported for key, supported in COMMON_REQUIRED.items() if key not in known}
    check_required(given, {**common, **family.required})
    values = {**family.defaults, **{key: value for key, value in given.items() if key in known}}
    fields = {**family.traits, **{name: values[key] for name, key in family.sizes.items()}}
    for name in filter(fields.__contains__, (*SIZE_LIMITS, *OPTIONAL_SIZE_LIMITS)):  # before rules compute with them
        check_model_size(name, fields[name])
    for key, choices in family.choices.items():
        traits = next((traits for value, traits in choices.items() if same_value(value, values[key])), None)
        if traits is None:
            supported = ", ".join(map(repr, choices))
            raise UnsupportedConfigError(f"{key} = {values[key]!r} is not supported; supported: {supported}.")
        fields |= traits
    for rule in family.rules:
        fields |= rule.read(values)
    config = ModelConfig(**fields, end_ids=end_token_ids(values.get("eos_token_id")))
    check_ignored_keys(family, raw, config)
    return config


def end_token_ids(eos_token_id: object) -> tuple[int, ...]:
    """The ids of the tokens that end a text, from one id or a list of ids; anything else is ignored."""
    ids: list[Any] = eos_token_id if isinstance(eos_token_id, list) else [eos_token_id]
    return tuple(id for id in ids if is_integer(id, 0))


def language_model_config(family: Family, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The language model's configuration within that of a multimodal model, with the latter's `tie_word_embeddings`."""
    config = raw.get(family.within)
    if not isinstance(config, dict):
        raise UnsupportedConfigError(f"{family.within} must be an object, got {config!r}.")
    check_not_quantized(config)
    check_required(raw, COMMON_REQUIRED)
    tied = raw.get("tie_word_embeddings", family.defaults["tie_word_embeddings"])
    return config | {"tie_word_embeddings": tied}


def check_required(raw: Mapping[str, Any], required: Mapping[str, tuple[Any, ...]]) -> None:
    """UnsupportedConfigError, which names a key, unless each has a value that is supported."""
    for key, supported in required.items():
        if key in raw and not any(same_value(raw[key], value) for value in supported):
            raise UnsupportedConfigError(
                f"{key} = {raw[key]!r} is not computed exactly here; supported: {supported[0]!r}."
            )


def check_not_quantized(raw: Mapping[str, Any]) -> None:
    """UnsupportedConfigError where a configuration is one of quantized weights."""
    if quantized := [key for key in QUANTIZED if raw.get(key) is not None]:
        raise UnsupportedConfigError(
            f"Quantized weights ({quantized[0]}) are not supported.",
            "Choose a copy of the model in float32, float16 or bfloat16.",
        )


def without_aliases(family: Family, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with aliases replaced by their keys; UnsupportedConfigError where the two disagree."""
    values = {key: value for key, value in raw.items() if key not in family.aliases}
    for alias, key in family.aliases.items():
        if raw.get(alias) is None:
            continue
        if key in values and not same_value(values[key], raw[alias]):
            raise UnsupportedConfigError(f"{alias} = {raw[alias]!r} does not agree with {key} = {values[key]!r}.")
        values[key] = raw[alias]
    return values


def same_value(a: object, b: object) -> bool:
    """Whether two values of a configuration are equal and of the same type."""
    return type(a) is type(b) and a == b
