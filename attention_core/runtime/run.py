"""What every run of a model shares: its inputs, its declaration, and the numbers that are given and not made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np

from attention_core.architecture.block import declaration
from attention_core.architecture.declare import is_trained
from attention_core.arrays import Array, frozen
from attention_core.computation.stage import Numbers, Ref, Stage
from attention_core.config import masks
from attention_core.config.image import COLOURS
from attention_core.config.model_config import ModelConfig
from attention_core.errors import InputError, NonFiniteError
from attention_core.network import Network
from attention_core.ops.basic import Input
from attention_core.ops.positions import alibi_slopes, distance_buckets
from attention_core.ops.rotary import frequencies
from attention_core.validate import check_index, nearest


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a run starts from.

    ids:    [position]
    position_ids:   [position], where each token stands as the model counts
    attention_mask: [position], True for tokens of the text and False for padding; None without padding
    memory, memory_mask: [source, d_model] and [source], of an encoder
    pixels: [patch, value], of an image
    done:   how many positions, the first ones, were run before; only those after them are run
    """

    ids: np.ndarray
    position_ids: np.ndarray
    attention_mask: masks.Mask | None = None
    memory: Array | None = None
    memory_mask: masks.Mask | None = None
    pixels: Array | None = None
    done: int = 0

    @property
    def new(self) -> slice:
        """The positions that are run."""
        return slice(self.done, None)


def position_ids(config: ModelConfig, ids: np.ndarray, attention_mask: masks.Mask | None) -> np.ndarray:
    """Each token's place as the model counts: [position]."""
    counted = np.ones(len(ids), bool)
    if config.position_from == "ids":
        counted = ids != config.pad_id
    elif config.position_from == "mask" and attention_mask is not None:
        counted = attention_mask
    return np.where(counted, np.cumsum(counted) - 1, max(-1, -config.position_offset)) + config.position_offset


def layer_mask(config: ModelConfig, layer: int, inputs: Inputs) -> masks.Mask | None:
    """Where a query may look in a layer: [query, key], or None when it may look everywhere."""
    keys = np.arange(len(inputs.ids))
    queries = keys[inputs.new]
    parts = []
    if config.causal:
        parts.append(masks.causal(queries, keys))
    if (width := config.window(layer)) is not None:
        parts.append(masks.window(queries, keys, width))
    if inputs.attention_mask is not None:
        parts.append(masks.padding(inputs.attention_mask))
    if not parts:
        return None
    made = np.ones((len(queries), len(keys)), bool)
    for part in parts:
        made &= part
    return made


def finite(stream: Array) -> Array:
    """The residual stream [n_layers + 1, position, d_model] as it is; NonFiniteError where its numbers are not finite.

    Each layer adds to what is there, so that what is not finite once is not finite at the end.
    """
    if np.isfinite(stream[-1]).all():
        return stream
    first = next(at for at, each in enumerate(stream) if not np.isfinite(each).all())
    where = f"layer {first - 1} makes numbers" if first else "the embeddings have numbers"
    raise NonFiniteError(
        f"This run cannot be shown: {where} that are infinite or not a number. The model's weights are broken, or too "
        "large for float32."
    )


@cache
def reachable(config: ModelConfig, layer: int | None, padded: bool) -> dict[str, Stage]:
    """The stages that a layer's stages may refer to, by name: its own, and those that belong to no layer."""
    return declaration(config, None, padded) | ({} if layer is None else declaration(config, layer, padded))


class ModelRun(ABC):
    """A model, what it is run over, and what both give without any product: the declaration and the given numbers."""

    model: Network
    inputs: Inputs

    @abstractmethod
    def array(self, name: str, layer: int | None) -> Numbers:
        """All numbers of a declared quantity."""

    @property
    def padded(self) -> bool:
        """Whether some tokens only fill the text up."""
        return self.inputs.attention_mask is not None

    def declared(self, layer: int | None) -> dict[str, Stage]:
        """The stages of a layer, or those that belong to none, by name."""
        return declaration(self.model.config, layer, self.padded)

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity of a name, in a layer or in none; InputError when there is none."""
        config = self.model.config
        if layer is not None:
            check_index("layer", layer, config.n_layers)
        found = reachable(config, layer, self.padded).get(name)
        if found is None:
            if layer is None and any(name in self.declared(each) for each in range(config.n_layers)):
                raise InputError(f"{name} stands in a layer: say which, from 0 to {config.n_layers - 1}.")
            known = sorted(reachable(config, layer, self.padded))
            raise InputError(f"There is no quantity named {name!r}.{nearest(name, known)}")
        return found

    def has(self, name: str, layer: int | None) -> bool:
        """Whether a layer, or what belongs to none, declares a quantity of this name."""
        return any(name in self.declared(place) for place in (layer, None))

    def given(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not made from others."""
        config, inputs, name = self.model.config, self.inputs, stage.name
        if is_trained(Ref(name, ())) and not (isinstance(stage.operation, Input) and stage.operation.why):
            return self.trained(name, stage.layer)
        made: np.ndarray | None = None
        match name:
            case "mask":
                made = layer_mask(config, stage.layer or 0, inputs)
            case "cross_mask" if inputs.memory is not None:
                made = np.ones(len(inputs.memory), bool) if inputs.memory_mask is None else inputs.memory_mask
            case "memory":
                made = inputs.memory
            case "pixel":
                made = inputs.pixels
            case "mean" | "std" if config.image:
                made = np.array(getattr(config.image, name), np.float32)
            case "position_id":
                # A term in the score is there for every key, an angle for what is rotated now.
                own = inputs.position_ids if config.positions == "alibi" else inputs.position_ids[inputs.new]
                made = own.astype(np.float32)
            case "frequency":
                rotary = config.rotary[stage.layer or 0]
                made = frequencies(rotary, int(inputs.position_ids.max()) + 1) if rotary else None
            case "slope":
                made = alibi_slopes(config.n_heads)
        if made is None:
            raise InputError(f"This run has no {name}.")
        return frozen(made)

    def trained(self, name: str, layer: int | None) -> Numbers:
        """A trained tensor, or what stands for it while it is on the disk."""
        return self.model.weights[name, layer]

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """What an axis follows, and its index at each place there."""
        config, inputs = self.model.config, self.inputs
        match axis:
            case "token":
                return ("position",), inputs.ids[inputs.new]
            case "position_id":
                return ("position",), inputs.position_ids[inputs.new]
            case "segment":
                return ("position",), np.zeros(len(inputs.ids[inputs.new]), int)
            case "kv_head":
                return ("head",), np.arange(config.n_heads) // (config.n_heads // config.n_kv_heads)
            case "colour" if config.image:
                return ("value",), np.arange(config.image.values) // (config.image.values // len(COLOURS))
            case "bucket" if config.relative:
                return ("query", "key"), distance_buckets(config.relative, len(inputs.ids), inputs.new)
        raise InputError(f"There is no axis named {axis!r} here.")

    def origin(self, name: str, layer: int | None) -> str:
        """Where a given number comes from, in words."""
        operation = self.stage(name, layer).operation
        if isinstance(operation, Input) and operation.why:
            return operation.why
        return f"A trained number, from {self.model.sources[name, layer]}."
