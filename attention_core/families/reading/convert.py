"""From a checkpoint's tensors to those that are declared.

A load makes two checks: every tensor is used or known to be unused, and none is missing; every shape is as
the configuration implies.
"""

import fnmatch
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from attention_core.architecture.block import declaration
from attention_core.architecture.declare import is_parameter
from attention_core.arrays import Array
from attention_core.computation.stage import Ref
from attention_core.config.model_config import ModelConfig
from attention_core.errors import CheckpointError, ShapeError, UnsupportedConfigError
from attention_core.families.reading.schema import Family, Source
from attention_core.ops.basic import Input
from attention_core.ops.positions import sinusoids
from attention_core.weights.layout import Layout
from attention_core.weights.tensors import Tensors

Key = tuple[str, int | None]

NUMBERED = re.compile(r"{(\w+)}")  # in a tensor's name: the axis along which each part has a tensor of its own
PARTS = {"head": ("kv_head", "group"), "value": ("colour", "patch_row", "patch_column")}
"""Axes that a checkpoint may hold in parts: heads where keys are shared, a patch's values."""


def tensor_sources(family: Family, config: ModelConfig) -> dict[Key, Source]:
    """Every tensor that a checkpoint must hold: (canonical name, layer or None) -> its source."""
    return {
        (name, layer): at_layer(family, config, name, layer)
        for layer in (None, *range(config.n_layers))
        for name, stage in declaration(config, layer).items()
        if stage.operation == Input() and is_parameter(Ref(name, ()))
    }


def at_layer(family: Family, config: ModelConfig, name: str, layer: int | None) -> Source:
    """Where a tensor of a layer stands."""
    if name not in family.tensors:
        raise UnsupportedConfigError(f"The configuration asks for {name}, which this family is not known to have.")
    source = family.tensors[name]
    own = layer if layer is None or not config.shared_layers else config.shared_layers[layer]
    place = {"layer": own, "expert": "{expert}", "head": "{head}", "kv_head": f"{{{config.kv_head_axis}}}"}
    instead = tuple(each.format(**place) for each in source.instead)
    return replace(source, name=source.name.format(**place), instead=instead)


def strip_prefix(family: Family, names: Collection[str]) -> str:
    """The prefix that stands before the family's names in this checkpoint."""
    first = family.tensors["W_E" if "W_E" in family.tensors else "W_patch"]
    for prefix in family.prefixes:
        if any(prefix + each in names for each in (first.name, *first.instead)):
            return prefix
    raise CheckpointError(f"The checkpoint has no tensor {first.name!r}.")


def as_stored(family: Family, config: ModelConfig, tensors: Tensors) -> ModelConfig:
    """The configuration as the checkpoint bears it out: its head, biases and places are those that it holds.

    A tied head that is stored beside the embeddings and differs from them is a head of its own, as in the reference;
    and a stored table of places that holds no sinusoids is read instead of them.
    """
    stored = {
        name: found_name(source, tensors, family.prefixes, config)
        for name, source in family.tensors.items()
        if "{layer}" not in source.name
    }
    head, embedding = stored.get("W_U"), stored.get("W_E")
    needed = {"W_U": config.head == "untied", "W_head": config.head_activation != "none"}
    if any(there and name in stored and stored[name] is None for name, there in needed.items()):
        config = replace(config, head="none")
    if config.head == "tied" and head and embedding and not tensors.same(head, embedding):
        config = replace(config, head="untied")
    table = stored.get("W_pos")
    if config.positions == "sinusoidal" and table and not holds_sinusoids(tensors.read(table)):
        config = replace(config, positions="learned")
    zero = {name for name, source in family.tensors.items() if source.zero and stored[name] is None}
    return replace(config, biases=config.biases - zero) if zero else config


def holds_sinusoids(table: Array) -> bool:
    """Whether a table [place, model] is that of the sinusoids, but for what float32 rounds off."""
    return table.ndim == 2 and np.allclose(table, sinusoids(np.arange(len(table)), table.shape[1]), rtol=0, atol=1e-6)


def found_name(source: Source, names: Collection[str], prefixes: tuple[str, ...], config: ModelConfig) -> str | None:
    """The name under which a tensor stands in a checkpoint; None when it, or a numbered part of it, is not there."""
    wanted = (source.name, *source.instead)
    wanted += tuple(as_in_tensorflow(name) for name in wanted)
    # A head stands beside the body, so that it has not the body's prefix.
    tried = (prefix + each for each in wanted for prefix in (*prefixes, ""))
    return next((name for name in tried if all(each in names for each in each_name(name, config))), None)


def as_in_tensorflow(name: str) -> str:
    """A norm's tensor as TensorFlow called it, and as checkpoints that came from there still do (BERT's own)."""
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def each_name(name: str, config: ModelConfig) -> list[str]:
    """A tensor's name, or those of all its parts where each has its own."""
    axis = NUMBERED.search(name)
    return [name.replace(axis[0], str(at)) for at in range(config.axes[axis[1]])] if axis else [name]


def convert(family: Family, config: ModelConfig, shapes: Mapping[str, tuple[int, ...]]) -> dict[Key, Layout]:
    """Where each declared tensor stands in a checkpoint with tensors of these names and shapes, and how it lies there.

    Raises CheckpointError that names what is missing, left over, or of the wrong shape.
    """
    names = set(shapes)
    prefix = strip_prefix(family, names)
    sources = tensor_sources(family, config)
    places = {key: found_name(source, names, (prefix,), config) for key, source in sources.items()}
    absent = {
        prefix + name for key, at in places.items() if at is None for name in each_name(sources[key].name, config)
    }
    if missing := sorted(absent - names):
        raise CheckpointError(f"The checkpoint lacks {counted(missing)}.")
    at = {key: place for key, place in places.items() if place is not None}
    used = {name for place in at.values() for name in each_name(place, config)}
    left_over = [
        name
        for name in sorted(names - used)
        if not any(fnmatch.fnmatch(name.removeprefix(prefix), pattern) for pattern in family.unused)
    ]
    if left_over:
        raise CheckpointError(f"The checkpoint has {counted(left_over, ' of no known use')}.")
    return {
        (name, layer): lay_out(at[name, layer], shapes, source, declaration(config, layer)[name].axes, config)
        for (name, layer), source in sources.items()
    }


def counted(names: Sequence[str], that: str = "") -> str:
    """How many tensors there are `that` …, and the first by its name."""
    one = len(names) == 1
    return f"{len(names)} tensor{'' if one else 's'}{that}, {'' if one else 'the first '}{names[0]!r}"


def lay_out(
    name: str, shapes: Mapping[str, tuple[int, ...]], source: Source, axes: tuple[str, ...], config: ModelConfig
) -> Layout:
    """How one tensor lies in the checkpoint, its shape checked; numbered parts are stacked."""
    if axis := NUMBERED.search(name):
        one = tuple(each for each in axes if each != axis[1])
        every = [lay_out(each, shapes, source, one, config) for each in each_name(name, config)]
        return every[0].stacked(name, [each.source for each in every], axes.index(axis[1]))
    shape = shapes[name]
    factors = [axis.split("*") for axis in source.layout.split(", ")]
    lengths = factor_lengths(source, config)
    expected = [math.prod(axis) for axis in lengths]
    if list(shape) != expected:
        raise ShapeError(f"{name!r} has shape {list(shape)}, expected {expected}.")
    flat = [terms(factor) for axis in factors for factor in axis]
    named = [each[source.part if len(each) > 1 else 0] for each in flat]
    # Where nothing projects the embeddings, their width is the stream's.
    wide = {"embed": "model"} if config.embed_projection == "none" else {}
    named = [wide.get(each, each) for each in named]
    kept = [each for each in named if each != "1"]
    wanted = [own for axis in axes for own in ([axis] if axis in kept else PARTS.get(axis, ())) if own in kept]

    def free(axis: str) -> int:
        return -1 if axis == "model" else length(axis, config)

    return Layout(
        source=name,
        names=(name,),
        parted=tuple(
            -1 if own == "model" else size
            for own, size in zip(named, (each for axis in lengths for each in axis), strict=True)
        ),
        cuts=tuple(cut(each, source.part, config) for each in flat),
        kept=tuple(map(free, kept)),
        order=tuple(kept.index(each) for each in wanted),
        merged=tuple(map(free, axes)),
        shape=tuple(length(axis, config) for axis in axes),
    )


def factor_lengths(source: Source, config: ModelConfig) -> list[list[int]]:
    """The lengths of the factors of each axis that a tensor has in its checkpoint."""
    axes = (axis.split("*") for axis in source.layout.split(", "))
    return [[sum(length(each, config) for each in terms(factor)) for factor in axis] for axis in axes]


def terms(factor: str) -> list[str]:
    """The axes that a factor of a layout is the sum of."""
    return factor.removeprefix("(").removesuffix(")").split(" + ")


def length(axis: str, config: ModelConfig) -> int:
    """The length of an axis, which may be written as a number."""
    return int(axis) if axis.isdigit() else config.axes[axis]


def cut(summed: list[str], part: int, config: ModelConfig) -> slice:
    """Where one of the axes that lie end to end stands among them."""
    if len(summed) == 1:
        return slice(None)
    start = sum(length(each, config) for each in summed[:part])
    return slice(start, start + length(summed[part], config))
