"""Trained tensors that stay on disk, of which only the numbers needed are read."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array
from attention_core.weights.layout import TensorLayout
from attention_core.weights.stored_array import StoredArray
from attention_core.weights.tensors import Tensors


class LazyTensor:
    """A trained tensor that stands in for an array; its numbers are read from disk each time they are needed.

    It supports what this library does with an array: shape, indexing, `take`, `transpose`, and conversion to an array
    for anything else (NumPy's `__array__`).
    """

    dtype: Final = np.dtype(np.float32)

    def __init__(self, tensors: Tensors, layout: TensorLayout) -> None:
        self._tensors, self._layout = tensors, layout
        self.shape, self.ndim, self.size = layout.shape, len(layout.shape), math.prod(layout.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self._whole())

    def __getitem__(self, index: Any) -> Array:
        """One number when there is an index for every axis, else the parts that are indexed."""
        part, axis = self._layout.part, self._layout.axis
        if isinstance(index, tuple) and len(index) == self.ndim:
            if all(isinstance(at, int | np.integer) for at in index):
                return self._number(index)
            if part is not None and isinstance(index[axis], int | np.integer):
                return self._part(index[axis])[index[:axis] + index[axis + 1 :]]
        if part is not None and axis == 0 and isinstance(index, int | np.integer):
            return np.asarray(self._part(index))
        return self._whole()[index]

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts at some indices along an axis."""
        return self._whole().take(indices, axis)

    def transpose(self, *order: Any) -> StoredArray | Array:
        """The tensor with its axes in another order."""
        return self._whole().transpose(*order)

    def _number(self, index: tuple[int, ...]) -> Array:
        layout = self._layout
        if layout.part is None:
            number = layout.at(self._tensors.stored(layout.names[0]), index)
            return StoredArray(self._tensors.file(layout.names[0]), number)[()]
        return self._part(index[layout.axis])._number(index[: layout.axis] + index[layout.axis + 1 :])

    def _part(self, at: int | np.integer) -> LazyTensor:
        """One of the stacked tensors."""
        assert self._layout.part is not None
        name = self._layout.names[at]
        return LazyTensor(self._tensors, replace(self._layout.part, source=name, names=(name,)))

    def _whole(self) -> StoredArray | Array:
        """The declared tensor; read where it is not a view of one tensor in a file."""
        names = self._layout.names
        if len(names) == 1:
            with suppress(ValueError):
                return StoredArray(self._tensors.file(names[0]), self._layout.view(self._tensors.stored(names[0])))
            return self._layout.view(self._tensors.read(names[0]))
        return self._layout.view(np.stack([self._tensors.read(name) for name in names]))
