"""The trained tensors of one layer, in memory or on disk; projections of the same rows are fused."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from attention_core.architecture.block import declaration
from attention_core.arrays import Array, frozen
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.einsum import Einsum
from attention_core.weights.layout import TensorLayout
from attention_core.weights.lazy_tensor import LazyTensor
from attention_core.weights.stored_array import StoredArray
from attention_core.weights.tensors import Tensors


@dataclass(frozen=True)
class FusedProjection:
    """A matrix [model, columns] that computes several quantities in one product.

    parts: quantity -> its columns, and the layout of its weights in them
    bias:  [columns], or None
    """

    matrix: Array
    parts: Mapping[str, tuple[slice, TensorLayout]]
    bias: Array | None = None

    def split(self, product: np.ndarray, quantity: str) -> np.ndarray:
        """One of the quantities, [head, position, dim], from the product [position, columns]."""
        columns, layout = self.parts[quantity]
        part = product[:, columns]
        return layout.view(part.T if layout.by_rows else part)


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """The tensors that a layer needs from a checkpoint.

    layouts: canonical name -> its layout in the checkpoint
    shapes:  name in the checkpoint -> shape
    groups:  stages whose weights multiply the same rows
    """

    layouts: Mapping[str, TensorLayout]
    shapes: Mapping[str, tuple[int, ...]]
    groups: tuple[tuple[Stage, ...], ...]

    @property
    def size(self) -> int:
        """The number of elements of all tensors."""
        return sum(map(math.prod, self.shapes.values()))


def plan_layer(config: ModelConfig, layer: int, layouts: Mapping[str, TensorLayout], tensors: Tensors) -> LayerPlan:
    """The plan of a layer."""
    shapes = {name: tensors.shape(name) for each in layouts.values() for name in each.names}
    return LayerPlan(layouts, shapes, tuple(fusable_projections(list(declaration(config, layer).values()))))


class LayerWeights(ABC):
    """The trained tensors of a layer by canonical name."""

    def __init__(self, plan: LayerPlan) -> None:
        self._plan = plan
        self._products = {group[0].name: self._join(group) for group in plan.groups}

    @abstractmethod
    def __getitem__(self, name: str) -> Array: ...

    @abstractmethod
    def _matrix(self, name: str) -> Array:
        """One of the checkpoint's tensors, in the checkpoint's layout."""

    def products(self, first: str) -> list[FusedProjection]:
        """The matrices that compute a group of stages, named by its first stage; a single one where possible."""
        return self._products[first]

    def _join(self, group: tuple[Stage, ...]) -> list[FusedProjection]:
        layouts = {each.name: self._plan.layouts[each.inputs[1].name] for each in group}
        biases = {each.name: ref.name for each in group for ref in each.inputs[2:]}
        projections = self._matrices(layouts)
        return [replace(each, bias=self._bias(each, biases)) for each in projections] if biases else projections

    def _matrices(self, layouts: Mapping[str, TensorLayout]) -> list[FusedProjection]:
        """One projection for each of the checkpoint's tensors."""
        projections = []
        for name in dict.fromkeys(layout.source for layout in layouts.values()):
            parts = {quantity: (slice(None), layout) for quantity, layout in layouts.items() if layout.source == name}
            by_rows = next(iter(parts.values()))[1].by_rows
            projections.append(FusedProjection(self._matrix(name).T if by_rows else self._matrix(name), parts))
        return projections

    def _bias(self, product: FusedProjection, biases: Mapping[str, str]) -> Array:
        """The biases of a projection's parts in the order of its columns; 0 where a part has none."""
        columns = product.matrix.shape[1]
        bias = np.zeros(columns, np.float32)
        for quantity in product.parts.keys() & biases.keys():
            bias[product.split(np.arange(columns)[None], quantity)[:, 0]] = self[biases[quantity]]
        return frozen(bias)


class InMemoryLayer(LayerWeights):
    """A layer in memory, each matrix in the order that multiplies rows fastest, the matrices of a group in one."""

    def __init__(self, plan: LayerPlan, tensors: Tensors) -> None:
        self._views: dict[str, Array] = {}
        self._joined: dict[tuple[str, ...], tuple[Array, dict[str, slice]]] = {}  # with the columns of each tensor
        self._raw: dict[str, Array] = {}  # the checkpoint's tensors, in its layout
        for group in plan.groups:
            layouts = [plan.layouts[each.inputs[1].name] for each in group]
            if all(layout.by_rows for layout in layouts):
                self._join_rows(tuple(dict.fromkeys(layout.source for layout in layouts)), plan, tensors)
        for layout in plan.layouts.values():
            if layout.source not in self._raw:
                self._raw[layout.source] = self._read(layout, tensors)
        super().__init__(plan)

    def _join_rows(self, names: tuple[str, ...], plan: LayerPlan, tensors: Tensors) -> None:
        ends = [0, *itertools.accumulate(plan.shapes[name][0] for name in names)]
        columns = dict(zip(names, itertools.starmap(slice, itertools.pairwise(ends)), strict=True))
        joined = np.empty((plan.shapes[names[0]][1], ends[-1]), np.float32)
        for name, span in columns.items():
            self._raw[name] = joined[:, span].T
            self._raw[name][...] = tensors.read(name)
        self._joined[names] = frozen(joined), columns

    @staticmethod
    def _read(layout: TensorLayout, tensors: Tensors) -> Array:
        shape = tensors.shape(layout.names[0])
        if len(layout.names) > 1:
            stacked = np.empty((len(layout.names), *shape), np.float32)
            for name, part in zip(layout.names, stacked, strict=True):
                tensors.read(name, part)
            return stacked
        tensor = tensors.read(layout.names[0])
        return np.asfortranarray(tensor) if len(shape) == 2 and layout.outputs_first else tensor

    def __getitem__(self, name: str) -> Array:
        if name not in self._views:
            layout = self._plan.layouts[name]
            self._views[name] = frozen(layout.view(self._raw[layout.source]))
        return self._views[name]

    def _matrix(self, name: str) -> Array:
        return self._raw[name]

    def _matrices(self, layouts: Mapping[str, TensorLayout]) -> list[FusedProjection]:
        """A single projection for all tensors, where they are joined."""
        names = tuple(dict.fromkeys(layout.source for layout in layouts.values()))
        if names not in self._joined:
            return super()._matrices(layouts)
        matrix, columns = self._joined[names]
        parts = {quantity: (columns[layout.source], layout) for quantity, layout in layouts.items()}
        return [FusedProjection(matrix, parts)]


class StreamedLayer(LayerWeights):
    """A layer on disk; only the joined biases are in memory."""

    def __init__(self, plan: LayerPlan, tensors: Tensors) -> None:
        self._tensors = tensors
        self._lazy = {name: LazyTensor(tensors, layout) for name, layout in plan.layouts.items()}
        super().__init__(plan)

    def __getitem__(self, name: str) -> Array:
        return cast(Array, self._lazy[name])  # stands in for an array, and reads its numbers when they are needed

    def _matrix(self, name: str) -> Array:
        return cast(Array, StoredArray(self._tensors.file(name), self._tensors.stored(name)))


def fusable_projections(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """Consecutive projections of the same rows, which one matrix product can compute."""
    groups: list[list[Stage]] = []
    for stage in stages:
        if not (isinstance(stage.operation, Einsum) and stage.inputs[1].axes[1:] == ("model", "dim")):
            groups.append([])
        elif groups and groups[-1] and groups[-1][0].inputs[0].name == stage.inputs[0].name:
            groups[-1].append(stage)
        else:
            groups.append([stage])
    return [tuple(group) for group in groups if len(group) > 1]
