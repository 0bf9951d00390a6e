"""What a family says of itself: where each size, trait and tensor stands in its checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where a tensor stands in a checkpoint, and its shape there.

    name:       the tensor's name, `{layer}` standing for the layer's number
    shape:      its axes, in names of sizes; a product is written `n_heads*d_head`
    transposed: whether the axes are [out, in] and have to change places
    """

    name: str
    shape: tuple[str, ...]
    transposed: bool = False


@dataclass(frozen=True)
class Family:
    """A family of models as data.

    model_type: what its configurations call themselves
    prefixes:   what may stand before every tensor's name
    sizes:      ModelConfig's field <- configuration key
    defaults:   what a missing configuration key means
    choices:    configuration key -> {its value: ModelConfig's field and value}; other values are refused
    required:   configuration key -> the only values that are computed; others are refused by name
    harmless:   configuration keys that change nothing in what is computed here
    embedding:  tensors that stand once, canonical name <- source
    block:      tensors that stand in every layer
    unused:     patterns of tensor names that are known and not needed
    """

    model_type: str
    prefixes: tuple[str, ...]
    sizes: Mapping[str, str]
    defaults: Mapping[str, Any]
    choices: Mapping[str, Mapping[Any, tuple[str, Any]]]
    required: Mapping[str, tuple[Any, ...]]
    harmless: frozenset[str]
    embedding: Mapping[str, Source]
    block: Mapping[str, Source]
    unused: tuple[str, ...] = field(default=())
