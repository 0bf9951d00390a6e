"""From a checkpoint's own names to this library's: the configuration and the tensors.

A load makes three checks: every configuration key is handled, known to be harmless, or refused by
name; every tensor is used or known to be unused, and none is missing; every shape is as the
configuration implies.
"""

import fnmatch
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.config import ModelConfig
from attention_core.errors import CheckpointError, DtypeError, ShapeError, UnsupportedConfigError
from attention_core.families.schema import Family, Source


def read_config(family: Family, raw: Mapping[str, Any]) -> ModelConfig:
    """The configuration in this library's names; UnsupportedConfigError names the key it refuses."""
    handled = set(family.sizes.values()) | set(family.choices) | set(family.required) | family.harmless
    if unknown := sorted(set(raw) - handled):
        raise UnsupportedConfigError(
            f"The configuration has keys whose effect is not known here: {', '.join(unknown)}."
        )
    for key, allowed in family.required.items():
        if key in raw and raw[key] not in allowed:
            raise UnsupportedConfigError(
                f"{key} = {raw[key]!r} is not computed exactly here; supported: {allowed[0]!r}."
            )
    values = {**family.defaults, **raw}
    traits = {}
    for key, choices in family.choices.items():
        found = next(
            (trait for own, trait in choices.items() if own == values[key] and type(own) is type(values[key])), None
        )
        if found is None:
            supported = ", ".join(map(repr, choices))
            raise UnsupportedConfigError(f"{key} = {values[key]!r} is not supported; supported: {supported}.")
        name, value = found
        traits[name] = value
    sizes = {name: values[key] for name, key in family.sizes.items()}
    n_heads, d_model = sizes["n_heads"], sizes["d_model"]
    if not isinstance(n_heads, int) or not isinstance(d_model, int) or n_heads < 1 or d_model % n_heads:
        raise UnsupportedConfigError(f"The width {d_model!r} cannot be shared equally among {n_heads!r} heads.")
    return ModelConfig(**sizes, d_head=d_model // n_heads, **traits)


def tensor_sources(family: Family, n_layers: int) -> dict[tuple[str, int | None], Source]:
    """Every tensor that a checkpoint must hold: (canonical name, layer or None) -> its source."""
    once: dict[tuple[str, int | None], Source] = {(name, None): source for name, source in family.embedding.items()}
    return once | {
        (name, layer): Source(source.name.format(layer=layer), source.shape, source.transposed)
        for layer in range(n_layers)
        for name, source in family.block.items()
    }


def strip_prefix(family: Family, names: list[str]) -> str:
    """The prefix that stands before the family's names in this checkpoint."""
    first = next(iter(family.embedding.values())).name
    for prefix in family.prefixes:
        if prefix + first in names:
            return prefix
    raise CheckpointError(f"The checkpoint has no tensor {first!r}.")


def convert(family: Family, config: ModelConfig, tensors: Mapping[str, Array]) -> dict[tuple[str, int | None], Array]:
    """The checkpoint's tensors under canonical names, as float32, [in, out], read-only.

    Raises CheckpointError that names what is missing, left over, or of the wrong shape.
    """
    prefix = strip_prefix(family, list(tensors))
    sources = tensor_sources(family, config.n_layers)
    wanted = {prefix + source.name for source in sources.values()}
    if missing := sorted(wanted - set(tensors)):
        raise CheckpointError(f"The checkpoint lacks {len(missing)} tensors, the first {missing[0]!r}.")
    left_over = [
        name
        for name in sorted(set(tensors) - wanted)
        if not any(fnmatch.fnmatch(name.removeprefix(prefix), pattern) for pattern in family.unused)
    ]
    if left_over:
        raise CheckpointError(
            f"The checkpoint has {len(left_over)} tensors of no known use, the first {left_over[0]!r}."
        )
    return {key: read_tensor(tensors, prefix + source.name, source, config) for key, source in sources.items()}


def read_tensor(tensors: Mapping[str, Array], name: str, source: Source, config: ModelConfig) -> Array:
    """One tensor, its shape checked, laid out [in, out]."""
    tensor = tensors[name]
    expected = tuple(math.prod(config.sizes[size] for size in axis.split("*")) for axis in source.shape)
    if tensor.shape != expected:
        raise ShapeError(f"{name!r} has shape {list(tensor.shape)}, expected {list(expected)}.")
    if tensor.dtype != np.float32:
        raise DtypeError(f"{name!r} has type {tensor.dtype}, expected float32.")
    # A copy: a model must not change when its file is written over.
    return frozen(np.array(tensor.T if source.transposed else tensor, order="C"))
