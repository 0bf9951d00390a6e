"""The layout of each declared tensor in a checkpoint.

Two checks are made: every tensor is used or known to be unused, and none is missing; every shape is the one that the
configuration implies.
"""

import fnmatch
import itertools
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
from attention_core.weights.layout import TensorKey, TensorLayout
from attention_core.weights.tensors import Tensors

NUMBERED = re.compile(r"{(\w+)}")  # in a tensor's name: the axis along which each part is a separate tensor
SPLIT_AXES = {"head": ("kv_head", "group"), "value": ("colour", "patch_row", "patch_column")}
"""Axes that a checkpoint may store as several: heads that share keys, the values of a patch."""


def tensor_sources(family: Family, config: ModelConfig) -> dict[TensorKey, Source]:
    """The tensors that a checkpoint must contain: (canonical name, layer or None) -> source."""
    return {
        (name, layer): source_at(family, config, name, layer)
        for layer in (None, *range(config.n_layers))
        for name, stage in declaration(config, layer).items()
        if stage.operation == Input() and is_parameter(Ref(name, ()))
    }


def source_at(family: Family, config: ModelConfig, name: str, layer: int | None) -> Source:
    """The source of a tensor in a layer."""
    if name not in family.tensors:
        raise UnsupportedConfigError(f"The configuration requires {name}, which is not supported in this family.")
    source = family.tensors[name]
    stored_layer = layer if layer is None or not config.shared_layers else config.shared_layers[layer]
    fields = {"layer": stored_layer, "expert": "{expert}", "head": "{head}", "kv_head": f"{{{config.kv_head_axis}}}"}
    instead = tuple(other.format(**fields) for other in source.instead)
    return replace(source, name=source.name.format(**fields), instead=instead)


def find_prefix(family: Family, names: Collection[str]) -> str:
    """The prefix of the family's tensor names in this checkpoint; CheckpointError when none fits."""
    first = family.tensors["W_E" if "W_E" in family.tensors else "W_patch"]
    for prefix in family.prefixes:
        if any(prefix + name in names for name in (first.name, *first.instead)):
            return prefix
    raise CheckpointError(f"The checkpoint has no tensor {first.name!r}.")


def adapt_to_checkpoint(family: Family, config: ModelConfig, tensors: Tensors) -> ModelConfig:
    """The configuration with the head, biases and positions that the checkpoint contains.

    A tied head that is stored and differs from the embeddings is an untied head, as in the reference; a stored position
    table that differs from the sinusoids replaces them.
    """
    stored = {
        name: find_name(source, tensors, family.prefixes, config)
        for name, source in family.tensors.items()
        if "{layer}" not in source.name
    }
    head, embedding = stored.get("W_U"), stored.get("W_E")
    needed = {"W_U": config.head == "untied", "W_head": config.head_activation != "none"}
    if any(is_needed and name in stored and stored[name] is None for name, is_needed in needed.items()):
        config = replace(config, head="none")
    if config.head == "tied" and head and embedding and not tensors.same(head, embedding):
        config = replace(config, head="untied")
    table = stored.get("W_pos")
    if config.positions == "sinusoidal" and table and not holds_sinusoids(tensors.read(table)):
        config = replace(config, positions="learned")
    zero = {name for name, source in family.tensors.items() if source.zero and stored[name] is None}
    return replace(config, biases=config.biases - zero) if zero else config


def holds_sinusoids(table: Array) -> bool:
    """Whether a table [position, model] equals the sinusoids, up to float32's rounding."""
    return table.ndim == 2 and np.allclose(table, sinusoids(np.arange(len(table)), table.shape[1]), rtol=0, atol=1e-6)


def find_name(source: Source, names: Collection[str], prefixes: tuple[str, ...], config: ModelConfig) -> str | None:
    """A tensor's name in a checkpoint; None when it, or a numbered part of it, is missing."""
    candidates = (source.name, *source.instead)
    candidates += tuple(tensorflow_name(name) for name in candidates)
    # A head is outside the base model, so that its name has no prefix.
    full_names = (prefix + name for name in candidates for prefix in (*prefixes, ""))
    return next((name for name in full_names if all(part in names for part in part_names(name, config))), None)


def tensorflow_name(name: str) -> str:
    """A norm's tensor by its TensorFlow name, which checkpoints converted from there still use, such as BERT's."""
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def part_names(name: str, config: ModelConfig) -> list[str]:
    """A tensor's name, or the names of its numbered parts."""
    axis = NUMBERED.search(name)
    return [name.replace(axis[0], str(i)) for i in range(config.axes[axis[1]])] if axis else [name]


def plan_layouts(
    family: Family, config: ModelConfig, shapes: Mapping[str, tuple[int, ...]]
) -> dict[TensorKey, TensorLayout]:
    """The layout of each declared tensor in a checkpoint with tensors of these names and shapes.

    Raises CheckpointError, which names a tensor that is missing, unexpected, or of the wrong shape.
    """
    names = set(shapes)
    prefix = find_prefix(family, names)
    sources = tensor_sources(family, config)
    found_names = {key: find_name(source, names, (prefix,), config) for key, source in sources.items()}
    expected = {
        prefix + part
        for key, name in found_names.items()
        if name is None
        for part in part_names(sources[key].name, config)
    }
    if missing := sorted(expected - names):
        raise CheckpointError(f"The checkpoint lacks {count_tensors(missing)}.")
    stored = {key: name for key, name in found_names.items() if name is not None}
    used = {part for name in stored.values() for part in part_names(name, config)}
    left_over = [
        name
        for name in sorted(names - used)
        if not any(fnmatch.fnmatch(name.removeprefix(prefix), pattern) for pattern in family.unused)
    ]
    if left_over:
        raise CheckpointError(f"The checkpoint has {count_tensors(left_over, 'unexpected ')}.")
    return {
        (name, layer): make_layout(stored[name, layer], shapes, source, declaration(config, layer)[name].axes, config)
        for (name, layer), source in sources.items()
    }


def count_tensors(names: Sequence[str], adjective: str = "") -> str:
    """The number of tensors, and the name of the first."""
    one = len(names) == 1
    return f"{len(names)} {adjective}tensor{'' if one else 's'}, {'' if one else 'the first '}{names[0]!r}"


def make_layout(
    name: str, shapes: Mapping[str, tuple[int, ...]], source: Source, axes: tuple[str, ...], config: ModelConfig
) -> TensorLayout:
    """The layout of a tensor, its shape checked; numbered parts are stacked. ShapeError names a wrong shape."""
    if axis := NUMBERED.search(name):
        axes_of_part = tuple(each for each in axes if each != axis[1])
        parts = [make_layout(part, shapes, source, axes_of_part, config) for part in part_names(name, config)]
        return parts[0].stacked(name, [part.source for part in parts], axes.index(axis[1]))
    shape = shapes[name]
    factors = [axis.split("*") for axis in source.layout.split(", ")]
    lengths = factor_lengths(source, config)
    expected = [math.prod(axis) for axis in lengths]
    if list(shape) != expected:
        raise ShapeError(f"{name!r} has shape {list(shape)}, expected {expected}.")
    sums = [summands(factor) for axis in factors for factor in axis]
    taken = [each[source.part if len(each) > 1 else 0] for each in sums]
    # Embeddings that nothing projects have the width of the residual stream.
    same_width = {"embed": "model"} if config.embed_projection == "none" else {}
    taken = [same_width.get(axis, axis) for axis in taken]
    squeezed = [axis for axis in taken if axis != "1"]
    ordered = [
        part
        for axis in axes
        for part in ([axis] if axis in squeezed else SPLIT_AXES.get(axis, ()))
        if part in squeezed
    ]

    def free(axis: str) -> int:
        return -1 if axis == "model" else axis_length(axis, config)

    return TensorLayout(
        source=name,
        names=(name,),
        factored=tuple(
            -1 if axis == "model" else size
            for axis, size in zip(taken, itertools.chain.from_iterable(lengths), strict=True)
        ),
        slices=tuple(slice_of(each, source.part, config) for each in sums),
        squeezed=tuple(map(free, squeezed)),
        order=tuple(map(squeezed.index, ordered)),
        declared=tuple(map(free, axes)),
        shape=tuple(axis_length(axis, config) for axis in axes),
    )


def factor_lengths(source: Source, config: ModelConfig) -> list[list[int]]:
    """The lengths of the factors of each axis of a tensor in its checkpoint."""
    axes = (axis.split("*") for axis in source.layout.split(", "))
    return [[sum(axis_length(each, config) for each in summands(factor)) for factor in axis] for axis in axes]


def summands(factor: str) -> list[str]:
    """The axes whose lengths a factor of a layout adds up."""
    return factor.removeprefix("(").removesuffix(")").split(" + ")


def axis_length(axis: str, config: ModelConfig) -> int:
    """The length of an axis, which may be written as a number."""
    return int(axis) if axis.isdigit() else config.axes[axis]


def slice_of(summed: list[str], part: int, config: ModelConfig) -> slice:
    """The slice of one axis among those that are concatenated."""
    if len(summed) == 1:
        return slice(None)
    start = sum(axis_length(axis, config) for axis in summed[:part])
    return slice(start, start + axis_length(summed[part], config))
