"""The trained tensors of a model, by name and layer, with the axes that the declaration gives them.

Layers are kept in memory as far as they fit there. The others stay on the disk, and who asks for some of their
numbers reads those alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np

from attention_core.arrays import Array
from attention_core.config.model_config import ModelConfig
from attention_core.weights.layer_weights import KeptLayer, LayerWeights, StoredLayer, plan_layer
from attention_core.weights.layout import Layout
from attention_core.weights.memory import KEPT
from attention_core.weights.stored import Stored
from attention_core.weights.tensors import Tensors

Key = tuple[str, int | None]

NUMBER = 4  # bytes


class Weights(Mapping[Key, Array]):
    """Tensors that are in memory, or stay on the disk where there is no room for them.

    Raises DtypeError for numbers of a type that is not read, SettingError when the room is no amount of memory.
    """

    def __init__(self, config: ModelConfig, layouts: Mapping[Key, Layout], tensors: Tensors) -> None:
        for name in {name for layout in layouts.values() for name in layout.names}:
            tensors[name]  # refused now, and not in the midst of a run
        self._keys = dict.fromkeys(layouts)
        found: dict[tuple[str, ...], LayerWeights] = {}  # layers that share their tensors share them here too
        self.layers: list[LayerWeights] = []
        for layer in range(config.n_layers):
            own = {name: each for (name, at), each in layouts.items() if at == layer}
            plan = plan_layer(config, layer, own, tensors)
            names = tuple(plan.shapes)
            if names not in found:
                kept = KEPT.take(NUMBER * plan.size, plan)
                found[names] = KeptLayer(plan, tensors) if kept else StoredLayer(plan, tensors)
            self.layers.append(found[names])
        self._ends = {name: Stored(tensors, layout) for (name, layer), layout in layouts.items() if layer is None}
        self._kept = {name: np.asarray(end) for name, end in self._ends.items() if KEPT.take(NUMBER * end.size, end)}

    @property
    def stored(self) -> bool:
        """Whether some layers stay on the disk."""
        return any(isinstance(layer, StoredLayer) for layer in self.layers)

    def __getitem__(self, key: Key) -> Array:
        name, layer = key
        if layer is not None:
            return self.layers[layer][name]
        # What is stored stands in an array's place: it gives its numbers when they are asked for.
        return self._kept[name] if name in self._kept else cast(Array, self._ends[name])

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
