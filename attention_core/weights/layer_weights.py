"""The trained tensors of one layer, those that multiply the same rows together: in memory, or on the disk."""

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
from attention_core.weights.layout import Layout
from attention_core.weights.mapped import Mapped
from attention_core.weights.stored import Stored
from attention_core.weights.tensors import Tensors


@dataclass(frozen=True)
class FusedProjection:
    """A matrix [model, columns] by which several quantities are made at once.

    parts: quantity -> its columns, and how its weights lie there
    bias:  [columns], or None
    """

    matrix: Array
    parts: Mapping[str, tuple[slice, Layout]]
    bias: Array | None = None

    def split(self, made: np.ndarray, quantity: str) -> np.ndarray:
        """One of the quantities, [head, position, dim], of the product [position, columns]."""
        columns, layout = self.parts[quantity]
        own = made[:, columns]
        return layout.view(own.T if layout.by_rows else own)


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """What a layer takes from a checkpoint.

    layouts: canonical name -> how it lies in the checkpoint
    shapes:  the checkpoint's tensor -> its shape
    groups:  stages whose weights multiply the same rows
    """

    layouts: Mapping[str, Layout]
    shapes: Mapping[str, tuple[int, ...]]
    groups: tuple[tuple[Stage, ...], ...]

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return sum(map(math.prod, self.shapes.values()))


def plan_layer(config: ModelConfig, layer: int, layouts: Mapping[str, Layout], tensors: Tensors) -> LayerPlan:
    """The plan of a layer."""
    shapes = {name: tensors.shape(name) for each in layouts.values() for name in each.names}
    return LayerPlan(layouts, shapes, tuple(fusable_projections(list(declaration(config, layer).values()))))


class LayerWeights(ABC):
    """The trained tensors of a layer by their canonical names."""

    def __init__(self, plan: LayerPlan) -> None:
        self._plan = plan
        self._products = {group[0].name: self._join(group) for group in plan.groups}

    @abstractmethod
    def __getitem__(self, name: str) -> Array: ...

    @abstractmethod
    def _matrix(self, name: str) -> Array:
        """One of the checkpoint's tensors, as it lies there."""

    def products(self, first: str) -> list[FusedProjection]:
        """The matrices that make the stages of a group, which is known by its first stage; one wherever it can be."""
        return self._products[first]

    def _join(self, group: tuple[Stage, ...]) -> list[FusedProjection]:
        layouts = {each.name: self._plan.layouts[each.inputs[1].name] for each in group}
        biases = {each.name: ref.name for each in group for ref in each.inputs[2:]}
        made = self._matrices(layouts)
        return [replace(each, bias=self._bias(each, biases)) for each in made] if biases else made

    def _matrices(self, layouts: Mapping[str, Layout]) -> list[FusedProjection]:
        """A product for each of the checkpoint's tensors."""
        made = []
        for name in dict.fromkeys(layout.source for layout in layouts.values()):
            parts = {own: (slice(None), layout) for own, layout in layouts.items() if layout.source == name}
            by_rows = next(iter(parts.values()))[1].by_rows
            made.append(FusedProjection(self._matrix(name).T if by_rows else self._matrix(name), parts))
        return made

    def _bias(self, product: FusedProjection, biases: Mapping[str, str]) -> Array:
        """The biases of a product's parts in the order of its columns; 0 where there is none."""
        columns = product.matrix.shape[1]
        bias = np.zeros(columns, np.float32)
        for quantity in product.parts.keys() & biases.keys():
            bias[product.split(np.arange(columns)[None], quantity)[:, 0]] = self[biases[quantity]]
        return frozen(bias)


class KeptLayer(LayerWeights):
    """A layer in memory. A matrix lies there as rows are multiplied with it fastest, those of a group side by side."""

    def __init__(self, plan: LayerPlan, tensors: Tensors) -> None:
        self._views: dict[str, Array] = {}
        self._joined: dict[tuple[str, ...], tuple[Array, dict[str, slice]]] = {}  # the columns of each tensor too
        self._raw: dict[str, Array] = {}  # the checkpoint's tensors, as they lie there
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
        for name, own in columns.items():
            self._raw[name] = joined[:, own].T
            self._raw[name][...] = tensors.read(name)
        self._joined[names] = frozen(joined), columns

    @staticmethod
    def _read(layout: Layout, tensors: Tensors) -> Array:
        shape = tensors.shape(layout.names[0])
        if len(layout.names) > 1:
            made = np.empty((len(layout.names), *shape), np.float32)
            for name, part in zip(layout.names, made, strict=True):
                tensors.read(name, part)
            return made
        read = tensors.read(layout.names[0])
        return np.asfortranarray(read) if len(shape) == 2 and layout.outputs_first else read

    def __getitem__(self, name: str) -> Array:
        if name not in self._views:
            layout = self._plan.layouts[name]
            self._views[name] = frozen(layout.view(self._raw[layout.source]))
        return self._views[name]

    def _matrix(self, name: str) -> Array:
        return self._raw[name]

    def _matrices(self, layouts: Mapping[str, Layout]) -> list[FusedProjection]:
        """A single product of all tensors, where they lie side by side."""
        names = tuple(dict.fromkeys(layout.source for layout in layouts.values()))
        if names not in self._joined:
            return super()._matrices(layouts)
        matrix, columns = self._joined[names]
        return [FusedProjection(matrix, {own: (columns[layout.source], layout) for own, layout in layouts.items()})]


class StoredLayer(LayerWeights):
    """A layer on the disk, of which only small biases are in memory."""

    def __init__(self, plan: LayerPlan, tensors: Tensors) -> None:
        self._tensors = tensors
        self._stored = {name: Stored(tensors, layout) for name, layout in plan.layouts.items()}
        super().__init__(plan)

    def __getitem__(self, name: str) -> Array:
        return cast(Array, self._stored[name])  # in an array's place: it gives its numbers when they are asked for

    def _matrix(self, name: str) -> Array:
        return cast(Array, Mapped(self._tensors.file(name), self._tensors.stored(name)))


def fusable_projections(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """Neighbouring projections of the same rows, which can be made by one product."""
    groups: list[list[Stage]] = []
    for stage in stages:
        if not (isinstance(stage.operation, Einsum) and stage.inputs[1].axes[1:] == ("model", "dim")):
            groups.append([])
        elif groups and groups[-1] and groups[-1][0].inputs[0].name == stage.inputs[0].name:
            groups[-1].append(stage)
        else:
            groups.append([stage])
    return [tuple(group) for group in groups if len(group) > 1]
