"""What all runs of a model share: inputs, declaration, and the quantities that are not computed from others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np

from attention_core.architecture.block import declaration
from attention_core.architecture.declare import is_parameter
from attention_core.arrays import Array, frozen
from attention_core.computation.stage import Numbers, Ref, Stage
from attention_core.config import masks
from attention_core.config.image import COLOURS
from attention_core.config.model_config import ModelConfig
from attention_core.errors import InputError, NonFiniteError
from attention_core.network import Network
from attention_core.ops.basic import Input
from attention_core.ops.positions import alibi_slopes, bucket_matrix
from attention_core.ops.rotary import frequencies
from attention_core.validate import check_index, suggest_names


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of a run.

    ids, position_ids:   [position]
    attention_mask:      [position], True for tokens of the text and False for padding; None without padding
    memory, memory_mask: [source, d_model] and [source], an encoder's output and its attention mask
    pixels:              [patch, value], of an image
    n_past:              how many positions are already in the cache; only those after them are run
    """

    ids: np.ndarray
    position_ids: np.ndarray
    attention_mask: masks.Mask | None = None
    memory: Array | None = None
    memory_mask: masks.Mask | None = None
    pixels: Array | None = None
    n_past: int = 0

    @property
    def new(self) -> slice:
        """The positions to run."""
        return slice(self.n_past, None)


def position_ids(config: ModelConfig, ids: np.ndarray, attention_mask: masks.Mask | None) -> np.ndarray:
    """The position ID of each token: [position]."""
    counted = np.ones(len(ids), bool)
    if config.position_from == "ids":
        counted = ids != config.pad_id
    elif config.position_from == "mask" and attention_mask is not None:
        counted = attention_mask
    return np.where(counted, np.cumsum(counted) - 1, max(-1, -config.position_offset)) + config.position_offset


def layer_mask(config: ModelConfig, layer: int, inputs: Inputs) -> masks.Mask | None:
    """Which keys a query may attend to in a layer: [query, key], or None for all of them."""
    keys = np.arange(len(inputs.ids))
    queries = keys[inputs.new]
    parts = []
    if config.causal:
        parts.append(masks.causal_mask(queries, keys))
    if (width := config.window(layer)) is not None:
        parts.append(masks.window_mask(queries, keys, width))
    if inputs.attention_mask is not None:
        parts.append(masks.padding_mask(inputs.attention_mask))
    if not parts:
        return None
    mask = np.ones((len(queries), len(keys)), bool)
    for part in parts:
        mask &= part
    return mask


def check_finite(stream: Array) -> Array:
    """The residual stream [n_layers + 1, position, d_model], unchanged; NonFiniteError if it is not finite.

    Each layer adds to the stream, so a value that is not finite stays so to the end.
    """
    if np.isfinite(stream[-1]).all():
        return stream
    first = next(at for at, each in enumerate(stream) if not np.isfinite(each).all())
    where = f"layer {first - 1} produces" if first else "the embeddings contain"
    raise NonFiniteError(
        f"This run cannot be shown: {where} values that are infinite or NaN. The model's weights are broken, or too "
        "large for float32."
    )


@cache
def visible_stages(config: ModelConfig, layer: int | None, padded: bool) -> dict[str, Stage]:
    """The stages that a layer's stages can refer to, by name: its own, and those that belong to no layer."""
    return declaration(config, None, padded) | ({} if layer is None else declaration(config, layer, padded))


class ModelRun(ABC):
    """A model and the inputs it runs on, with its declaration and the quantities that are not computed."""

    model: Network
    inputs: Inputs

    @abstractmethod
    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a declared quantity."""

    @property
    def padded(self) -> bool:
        """Whether some tokens are padding."""
        return self.inputs.attention_mask is not None

    def declared(self, layer: int | None) -> dict[str, Stage]:
        """The stages of a layer, or those that belong to no layer, by name."""
        return declaration(self.model.config, layer, self.padded)

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity with this name, in a layer or in none; InputError if there is none."""
        config = self.model.config
        if layer is not None:
            check_index("layer", layer, config.n_layers)
        stage = visible_stages(config, layer, self.padded).get(name)
        if stage is None:
            if layer is None and any(name in self.declared(each) for each in range(config.n_layers)):
                raise InputError(f"{name} belongs to a layer: say which, from 0 to {config.n_layers - 1}.")
            known = sorted(visible_stages(config, layer, self.padded))
            raise InputError(f"There is no quantity named {name!r}.{suggest_names(name, known)}")
        return stage

    def has(self, name: str, layer: int | None) -> bool:
        """Whether a quantity with this name is declared, in a layer or in none."""
        return any(name in self.declared(place) for place in (layer, None))

    def input_array(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not computed from others."""
        config, inputs, name = self.model.config, self.inputs, stage.name
        if is_parameter(Ref(name, ())) and not (isinstance(stage.operation, Input) and stage.operation.why):
            return self.trained(name, stage.layer)
        array: np.ndarray | None = None
        match name:
            case "mask":
                array = layer_mask(config, stage.layer or 0, inputs)
            case "cross_mask" if inputs.memory is not None:
                array = np.ones(len(inputs.memory), bool) if inputs.memory_mask is None else inputs.memory_mask
            case "memory":
                array = inputs.memory
            case "pixel":
                array = inputs.pixels
            case "mean" | "std" if config.image:
                array = np.array(getattr(config.image, name), np.float32)
            case "position_id":
                # ALiBi's bias covers every key, cached ones too; rotations are only of the new positions.
                used = inputs.position_ids if config.positions == "alibi" else inputs.position_ids[inputs.new]
                array = used.astype(np.float32)
            case "frequency":
                rotary = config.rotary[stage.layer or 0]
                array = frequencies(rotary, int(inputs.position_ids.max()) + 1) if rotary else None
            case "slope":
                array = alibi_slopes(config.n_heads)
        if array is None:
            raise InputError(f"This run has no {name}.")
        return frozen(array)

    def trained(self, name: str, layer: int | None) -> Numbers:
        """A parameter tensor, or its placeholder while it is on disk."""
        return self.model.weights[name, layer]

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """The axes that an axis depends on, and its index for each of theirs."""
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
                return ("value",), np.arange(config.image.n_values) // (config.image.n_values // len(COLOURS))
            case "bucket" if config.relative:
                return ("query", "key"), bucket_matrix(config.relative, len(inputs.ids), inputs.new)
        raise InputError(f"There is no axis named {axis!r} here.")

    def origin(self, name: str, layer: int | None) -> str:
        """A sentence that says where an input's numbers come from."""
        operation = self.stage(name, layer).operation
        if isinstance(operation, Input) and operation.why:
            return operation.why
        return f"A trained parameter, from {self.model.sources[name, layer]}."
