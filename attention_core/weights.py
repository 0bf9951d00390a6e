"""The trained tensors of a model, by name and layer, with the axes that the declaration gives them.

Layers are kept in memory as far as they fit there. The others stay on the disk: a run reads them one after
the other, each while it uses the one before, and what else asks for their numbers reads those alone.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np

from attention_core.arrays import Array
from attention_core.config import ModelConfig
from attention_core.layer_weights import LayerWeights, Plan, make_plan
from attention_core.layout import Layout
from attention_core.memory import KEPT
from attention_core.stored import Stored
from attention_core.tensors import Tensors

Key = tuple[str, int | None]

NUMBER = 4  # bytes
STREAMING = threading.Lock()  # two runs that read layers would take twice the memory


class Weights(Mapping[Key, Array]):
    """Tensors that are in memory, or stay on the disk where there is no room for them.

    Raises DtypeError for numbers of a type that is not read, SettingError when the room is no amount of memory.
    """

    def __init__(self, config: ModelConfig, layouts: Mapping[Key, Layout], tensors: Tensors) -> None:
        self._tensors = tensors
        for name in {name for layout in layouts.values() for name in layout.names}:
            tensors[name]  # refused now, and not in the midst of a run
        self._stored = {key: Stored(tensors, layout) for key, layout in layouts.items()}
        self._plans: list[Plan] = []  # of each layer; layers that share their tensors share it
        self._kept: dict[Plan, LayerWeights] = {}
        found: dict[tuple[str, ...], Plan] = {}
        for layer in range(config.n_layers):
            plan = make_plan(config, layer, {name: own for (name, at), own in layouts.items() if at == layer}, tensors)
            self._plans.append(found.setdefault(tuple(plan.starts), plan))
        for plan in found.values():
            if KEPT.take(NUMBER * plan.size, plan):
                self._kept[plan] = LayerWeights(plan, tensors, np.empty(plan.size, np.float32))
        self._ends = {
            key: np.asarray(stored)
            for key, stored in self._stored.items()
            if key[1] is None and KEPT.take(NUMBER * stored.size, stored)
        }

    def __getitem__(self, key: Key) -> Array:
        name, layer = key
        if key in self._ends:
            return self._ends[key]
        if layer is not None and key in self._stored and (kept := self._kept.get(self._plans[layer])):
            return kept[name]
        # In an array's place: it gives its numbers when they are asked for, and all of them where an array is needed.
        return cast(Array, self._stored[key])

    def __iter__(self) -> Iterator[Key]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def layers(self) -> Generator[LayerWeights, None, None]:
        """The tensors of every layer in turn, all in memory; those that are not kept there hold until the next.

        It is to be closed, since until then no other run can read layers.
        """
        waiting = [plan for plan, _ in itertools.groupby(self._plans) if plan not in self._kept]
        if not waiting:
            yield from (self._kept[plan] for plan in self._plans)
            return
        with STREAMING, ThreadPoolExecutor(1) as reader:
            buffers = [np.empty(max(plan.size for plan in waiting), np.float32) for _ in waiting[:2]]
            coming = (
                reader.submit(LayerWeights, plan, self._tensors, buffer)
                for plan, buffer in zip(waiting, itertools.cycle(buffers), strict=False)
            )
            following = next(coming)
            for plan, layers in itertools.groupby(self._plans):
                own = self._kept.get(plan)
                if own is None:
                    own, following = following.result(), next(coming, following)
                yield from (own for _ in layers)
