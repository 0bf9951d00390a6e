"""The trained tensors of a model, by name and layer, with the axes that the declaration gives them.

Layers are loaded into memory until it is full. The others stay on disk, and only the numbers needed are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

import numpy as np

from attention_core.arrays import Array
from attention_core.config.model_config import ModelConfig
from attention_core.weights.layer_weights import InMemoryLayer, LayerWeights, StreamedLayer, plan_layer
from attention_core.weights.layout import TensorKey, TensorLayout
from attention_core.weights.lazy_tensor import LazyTensor
from attention_core.weights.memory import WEIGHT_MEMORY
from attention_core.weights.tensors import Tensors

FLOAT32_BYTES = 4


class Weights(Mapping[TensorKey, Array]):
    """Tensors that are in memory, or on disk where they do not fit into memory.

    reading: called with the share of the layers that is read
    bits:    the bits of most numbers in the checkpoint, if they are quantized

    Raises DtypeError for an unsupported type, SettingError when the memory setting is not an amount of memory.
    """

    def __init__(
        self, config: ModelConfig, layouts: Mapping[TensorKey, TensorLayout], tensors: Tensors,
        reading: Callable[[float], object] | None = None,
    ) -> None:  # fmt: skip
        for name in {name for layout in layouts.values() for name in layout.names}:
            tensors[name]  # so that an unsupported type is refused now, and not during a run
        self._keys, self.bits = dict.fromkeys(layouts), tensors.bits
        loaded: dict[tuple[str, ...], LayerWeights] = {}  # layers with the same tensors share them
        self.layers: list[LayerWeights] = []
        for layer in range(config.n_layers):
            if reading is not None:
                reading(layer / config.n_layers)
            layer_layouts = {name: each for (name, at), each in layouts.items() if at == layer}
            plan = plan_layer(config, layer, layer_layouts, tensors)
            names = tuple(plan.shapes)
            if names not in loaded:
                fits = WEIGHT_MEMORY.take(FLOAT32_BYTES * plan.size, plan)
                loaded[names] = InMemoryLayer(plan, tensors) if fits else StreamedLayer(plan, tensors)
            self.layers.append(loaded[names])
        self._lazy = {name: LazyTensor(tensors, layout) for (name, layer), layout in layouts.items() if layer is None}
        self._in_memory = {
            name: np.asarray(tensor)
            for name, tensor in self._lazy.items()
            if WEIGHT_MEMORY.take(FLOAT32_BYTES * tensor.size, tensor)
        }
        if reading is not None:
            reading(1.0)

    @property
    def streamed(self) -> bool:
        """Whether some layers stay on disk."""
        return any(isinstance(layer, StreamedLayer) for layer in self.layers)

    def __getitem__(self, key: TensorKey) -> Array:
        name, layer = key
        if layer is not None:
            return self.layers[layer][name]
        # A lazy tensor stands in for an array, and reads its numbers when they are needed.
        return self._in_memory[name] if name in self._in_memory else cast(Array, self._lazy[name])

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[TensorKey]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
