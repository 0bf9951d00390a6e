"""Rules shared by several families: traits that follow from more than one configuration key."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from attention_core.config.model_config import check_model_size, is_finite_number, is_integer
from attention_core.config.positions import Rotary
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.schema import Rule, Values

ROPE_KEYS: dict[str, tuple[str, ...]] = {
    "default": (),
    "linear": ("factor",),
    "dynamic": ("factor",),
    "yarn": ("factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow", "mscale",
             "mscale_all_dim", "truncate"),
    "longrope": ("factor", "original_max_position_embeddings", "attention_factor", "short_factor", "long_factor"),
    "llama3": ("factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor"),
}  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {
    "linear": ("factor",),
    "dynamic": ("factor",),
    "yarn": ("factor",),
    "longrope": ("short_factor", "long_factor"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor"),
}


def head_width(n_heads: str, d_model: str, d_head: str | None = None) -> Rule:
    """d_head from its own key if that is set, else d_model / n_heads."""

    def read(values: Values) -> dict[str, Any]:
        if d_head and values.get(d_head) is not None:
            check_model_size("d_head", values[d_head])
            return {"d_head": values[d_head]}
        heads, width = values[n_heads], values[d_model]
        if not is_integer(heads, 1) or not is_integer(width, 1) or width % heads:
            raise UnsupportedConfigError(f"{d_model} = {width!r} cannot be divided equally among {heads!r} heads.")
        return {"d_head": width // heads}

    return Rule((n_heads, d_model, *([d_head] if d_head else [])), read)


def either(field: str, key: str, otherwise: Callable[[Values], Any], *more: str) -> Rule:
    """A field from its key, or from other keys where that is missing or null."""
    return Rule((key, *more), lambda values: {field: otherwise(values) if values.get(key) is None else values[key]})


def biases(key: str, *names: str) -> tuple[str, frozenset[str]]:
    """For `flags_to_biases`: the biases that exist when a key is true."""
    return key, frozenset(names)


def flags_to_biases(*flags: tuple[str, frozenset[str]], always: frozenset[str] = frozenset()) -> Rule:
    """Which biases exist, from keys that are true or false."""

    def read(values: Values) -> dict[str, Any]:
        names_of_biases = set(always)
        for key, names in flags:
            if not isinstance(values[key], bool):
                raise UnsupportedConfigError(f"{key} must be true or false, got {values[key]!r}.")
            names_of_biases |= names if values[key] else set()
        return {"biases": frozenset(names_of_biases)}

    return Rule(tuple(key for key, _ in flags), read)


def rope(
    *, n_heads: str = "num_attention_heads", d_model: str = "hidden_size", d_head: str | None = "head_dim",
    n_layers: str = "num_hidden_layers", base: str = "rope_theta", part: str | None = None, default_part: float = 1.0,
    interleaved: bool = False, otherwise: Values | None = None,
) -> Rule:  # fmt: skip
    """The rotation of each layer, from `rope_parameters`, or from `rope_scaling` and a key for the base.

    part:         the key of the part of a head that is rotated, for families that have one
    default_part: that part where the key is missing
    otherwise:    the scaling where the configuration has none
    """
    width = head_width(n_heads, d_model, d_head)

    def read(values: Values) -> dict[str, Any]:
        parameters = values.get("rope_scaling") or values.get("rope_parameters")
        parameters = otherwise or {} if parameters is None else parameters
        if not isinstance(parameters, dict):
            raise UnsupportedConfigError(f"rope_parameters must be an object, got {parameters!r}.")
        given = {key: value for key, value in parameters.items() if value is not None}
        kind = given.pop("rope_type", given.pop("type", "default"))
        for harmless in ("type", "finetuned"):
            given.pop(harmless, None)
        if not isinstance(kind, str) or kind not in ROPE_KEYS:
            raise UnsupportedConfigError(f"rope_type = {kind!r} is not supported; supported: {', '.join(ROPE_KEYS)}.")
        theta = given.pop("rope_theta", values.get(base, 10000.0))
        share = given.pop("partial_rotary_factor", values.get(part, default_part) if part else 1.0)
        if unknown := sorted(set(given) - set(ROPE_KEYS[kind])):
            raise UnsupportedConfigError(f"rope_type {kind!r} has unsupported keys: {unknown}.")
        if missing := [key for key in NEEDED.get(kind, ()) if key not in given]:
            raise UnsupportedConfigError(f"rope_type {kind!r} needs {missing[0]}.")
        if share != 1 and not part:
            raise UnsupportedConfigError(f"partial_rotary_factor = {share!r} is not supported in this family.")
        if not is_finite_number(theta) or theta <= 1 or not is_finite_number(share) or not 0 < share <= 1:
            raise UnsupportedConfigError(
                f"rope_theta = {theta!r} with partial_rotary_factor = {share!r} is not supported; supported: a theta "
                "above 1, and a factor above 0 and at most 1."
            )
        dims = int(width.read(values)["d_head"] * share)
        if dims % 2 or dims < (4 if kind == "dynamic" else 2):
            raise UnsupportedConfigError(f"{dims} dimensions of a head cannot be split into pairs to rotate.")
        limit = values["max_position_embeddings"]
        if kind in ("yarn", "longrope", "llama3"):
            original = values.get("original_max_position_embeddings")
            limit = given.pop("original_max_position_embeddings", limit) if original is None else original
            given.pop("original_max_position_embeddings", None)
        check_positive(given | {"original_max_position_embeddings": limit})
        scaling = scaling_fields(kind, given, limit, values)
        rotary = Rotary(dim=dims, base=float(theta), interleaved=interleaved, **scaling)
        traits: dict[str, Any] = {"rotary": (rotary,) * values[n_layers] if is_integer(values[n_layers], 1) else ()}
        if kind == "dynamic":
            traits["n_ctx"] = int(limit * rotary.factor)
        return traits

    keys = ("rope_scaling", "rope_parameters", "max_position_embeddings", n_layers, base, *([part] if part else []))
    return Rule((*keys, *width.keys), read)


def check_positive(given: Values) -> None:
    """UnsupportedConfigError unless every number of a scaling is a number above 0."""
    for key, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if key != "truncate" and (not is_finite_number(each) or not 0 < each < 1e9):
                raise UnsupportedConfigError(f"{key} must be a number above 0, got {each!r}.")


def scaling_fields(kind: str, given: Values, original: int, values: Values) -> dict[str, Any]:
    """The fields of a Rotary for a kind of scaling."""
    if kind == "default":
        return {}
    fields: dict[str, Any] = {"scaling": kind, "original_n_ctx": original, "factor": float(given.get("factor", 1.0))}
    match kind:
        case "llama3":
            fields |= {"low_freq_factor": given["low_freq_factor"], "high_freq_factor": given["high_freq_factor"]}
            if fields["low_freq_factor"] >= fields["high_freq_factor"]:
                raise UnsupportedConfigError("low_freq_factor must be below high_freq_factor.")
        case "yarn":
            mscales = (given.get("mscale"), given.get("mscale_all_dim"))
            mscale, mscale_all_dim = mscales if all(mscales) else (1, 0)
            factor = fields["factor"]
            above, below = (
                0.1 * each * math.log(factor) + 1 if factor > 1 and each else 1.0 for each in (mscale, mscale_all_dim)
            )
            fields |= {
                "amplitude": given.get("attention_factor", above / below),
                "beta_fast": given.get("beta_fast", 32), "beta_slow": given.get("beta_slow", 1),
                "truncate": given.get("truncate", True),
            }  # fmt: skip
        case "longrope":
            factor = given.get("factor", values["max_position_embeddings"] / original)
            amplitude = math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0
            fields |= {
                "amplitude": given.get("attention_factor", amplitude), "factor": float(factor),
                "short_factor": tuple(given["short_factor"]), "long_factor": tuple(given["long_factor"]),
            }  # fmt: skip
    return fields
