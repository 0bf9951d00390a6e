"""Rules that several families share: traits that follow from more than one configuration key."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from attention_core.config.model_config import check_model_size, is_integer, is_number
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


def shared_width(n_heads: str, d_model: str, d_head: str | None = None) -> Rule:
    """A head's width: its own key where that says one, else the model's width shared among the heads."""

    def read(values: Values) -> dict[str, Any]:
        if d_head and values.get(d_head) is not None:
            check_model_size("d_head", values[d_head])
            return {"d_head": values[d_head]}
        heads, width = values[n_heads], values[d_model]
        if not is_integer(heads, 1) or not is_integer(width, 1) or width % heads:
            raise UnsupportedConfigError(f"The width {width!r} cannot be shared equally among {heads!r} heads.")
        return {"d_head": width // heads}

    return Rule((n_heads, d_model, *([d_head] if d_head else [])), read)


def either(field: str, key: str, otherwise: Callable[[Values], Any], *more: str) -> Rule:
    """A field that a key gives, or what follows from others where the key is missing or null."""
    return Rule((key, *more), lambda values: {field: otherwise(values) if values.get(key) is None else values[key]})


def biases(key: str, *names: str) -> tuple[str, frozenset[str]]:
    """For `flags_to_biases`: the biases that are there when a key says true."""
    return key, frozenset(names)


def flags_to_biases(*flags: tuple[str, frozenset[str]], always: frozenset[str] = frozenset()) -> Rule:
    """Which biases there are, by keys that say true or false."""

    def read(values: Values) -> dict[str, Any]:
        found = set(always)
        for key, names in flags:
            if not isinstance(values[key], bool):
                raise UnsupportedConfigError(f"{key} must be true or false, got {values[key]!r}.")
            found |= names if values[key] else set()
        return {"biases": frozenset(found)}

    return Rule(tuple(key for key, _ in flags), read)


def rope(
    *, n_heads: str = "num_attention_heads", d_model: str = "hidden_size", d_head: str | None = "head_dim",
    n_layers: str = "num_hidden_layers", base: str = "rope_theta", part: str | None = None, parted: float = 1.0,
    interleaved: bool = False, otherwise: Values | None = None,
) -> Rule:  # fmt: skip
    """The rotation of every layer, from `rope_parameters`, or `rope_scaling` and a base beside it.

    part, parted: the key of the part of a head that is rotated, where the family has it, and what it is without
    otherwise: the scaling of a configuration that says nothing of it
    """
    width = shared_width(n_heads, d_model, d_head)

    def read(values: Values) -> dict[str, Any]:
        own = values.get("rope_scaling") or values.get("rope_parameters")
        own = otherwise or {} if own is None else own
        if not isinstance(own, dict):
            raise UnsupportedConfigError(f"The rotation must be an object, got {own!r}.")
        given = {key: value for key, value in own.items() if value is not None}
        kind = given.pop("rope_type", given.pop("type", "default"))
        given.pop("type", None)
        if not isinstance(kind, str) or kind not in ROPE_KEYS:
            raise UnsupportedConfigError(f"rope_type = {kind!r} is not supported; supported: {', '.join(ROPE_KEYS)}.")
        theta = given.pop("rope_theta", values.get(base, 10000.0))
        share = given.pop("partial_rotary_factor", values.get(part, parted) if part else 1.0)
        if unknown := sorted(set(given) - set(ROPE_KEYS[kind])):
            raise UnsupportedConfigError(f"rope_type {kind!r} has keys whose effect is not known here: {unknown}.")
        if missing := [key for key in NEEDED.get(kind, ()) if key not in given]:
            raise UnsupportedConfigError(f"rope_type {kind!r} lacks {missing[0]}.")
        if share != 1 and not part:
            raise UnsupportedConfigError(f"partial_rotary_factor = {share!r} is not supported in this family.")
        if not is_number(theta) or theta <= 1 or not is_number(share) or not 0 < share <= 1:
            raise UnsupportedConfigError(f"rope_theta = {theta!r} and a part of {share!r} are not supported.")
        dims = int(width.read(values)["d_head"] * share)
        if dims % 2 or dims < (4 if kind == "dynamic" else 2):
            raise UnsupportedConfigError(f"{dims} dimensions of a head cannot be rotated in pairs.")
        limit = values["max_position_embeddings"]
        if kind in ("yarn", "longrope", "llama3"):
            outer = values.get("original_max_position_embeddings")
            limit = given.pop("original_max_position_embeddings", limit) if outer is None else outer
            given.pop("original_max_position_embeddings", None)
        check_numbers(given | {"original_max_position_embeddings": limit})
        rotary = Rotary(dim=dims, base=float(theta), interleaved=interleaved, **scaled(kind, given, limit, values))
        traits: dict[str, Any] = {"rotary": (rotary,) * values[n_layers] if is_integer(values[n_layers], 1) else ()}
        if kind == "dynamic":
            traits["n_ctx"] = int(limit * rotary.factor)
        return traits

    keys = ("rope_scaling", "rope_parameters", "max_position_embeddings", n_layers, base, *([part] if part else []))
    return Rule((*keys, *width.keys), read)


def check_numbers(given: Values) -> None:
    """Every number of a scaling is one, and above 0; UnsupportedConfigError names the other."""
    for key, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if key != "truncate" and (not is_number(each) or not 0 < each < 1e9):
                raise UnsupportedConfigError(f"{key} must be a number above 0, got {each!r}.")


def scaled(kind: str, given: Values, original: int, values: Values) -> dict[str, Any]:
    """What a kind of scaling sets in a Rotary."""
    if kind == "default":
        return {}
    found: dict[str, Any] = {"scaling": kind, "original_n_ctx": original, "factor": float(given.get("factor", 1.0))}
    match kind:
        case "llama3":
            found |= {"low_freq_factor": given["low_freq_factor"], "high_freq_factor": given["high_freq_factor"]}
            if found["low_freq_factor"] >= found["high_freq_factor"]:
                raise UnsupportedConfigError("low_freq_factor must be below high_freq_factor.")
        case "yarn":
            amount = (given.get("mscale"), given.get("mscale_all_dim"))
            one, every = amount if all(amount) else (1, 0)
            factor = found["factor"]
            stretch = [0.1 * each * math.log(factor) + 1 if factor > 1 and each else 1.0 for each in (one, every)]
            found |= {
                "amplitude": given.get("attention_factor", stretch[0] / stretch[1]),
                "beta_fast": given.get("beta_fast", 32), "beta_slow": given.get("beta_slow", 1),
                "truncate": given.get("truncate", True),
            }  # fmt: skip
        case "longrope":
            factor = given.get("factor", values["max_position_embeddings"] / original)
            usual = math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0
            found |= {
                "amplitude": given.get("attention_factor", usual), "factor": float(factor),
                "short_factor": tuple(given["short_factor"]), "long_factor": tuple(given["long_factor"]),
            }  # fmt: skip
    return found
