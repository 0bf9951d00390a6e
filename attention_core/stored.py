"""Trained tensors that stay on the disk, of which only what is asked for is read."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.layout import Layout
from attention_core.tensors import Tensors, floats


class Stored:
    """A trained tensor in an array's place: its numbers are read from the disk each time they are asked for.

    It has what is asked of an array here: its shape, numbers and parts by index, and itself as an array for
    anything else (NumPy's `__array__`).
    """

    dtype: Final = np.dtype(np.float32)

    def __init__(self, tensors: Tensors, layout: Layout) -> None:
        self._tensors, self._layout = tensors, layout
        self.shape, self.ndim, self.size = layout.shape, len(layout.shape), math.prod(layout.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        names = self._layout.names
        if len(names) == 1:
            return frozen(self._layout.view(self._tensors.read(names[0])))
        stacked = np.empty((len(names), *self._tensors.shape(names[0])), np.float32)
        for name, part in zip(names, stacked, strict=True):
            self._tensors.read(name, part)
        return frozen(self._layout.view(stacked))

    def __getitem__(self, index: Any) -> Array:
        """One number when there is an index for every axis, else the parts that are named along the first."""
        if isinstance(index, tuple) and len(index) == self.ndim:
            return as_floats(self._number(index))[()]
        return as_floats(self._layout.view(self._on_disk())[index])

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts that stand at some indices along an axis."""
        return as_floats(self._layout.view(self._on_disk()).take(indices, axis))

    def _number(self, place: tuple[int, ...]) -> np.ndarray:
        layout, names = self._layout, self._layout.names
        if layout.part is None:
            return layout.at(self._tensors.stored(names[0]), place)
        axis = layout.axis
        return layout.part.at(self._tensors.stored(names[place[axis]]), place[:axis] + place[axis + 1 :])

    def _on_disk(self) -> np.ndarray:
        stored = [self._tensors.stored(name) for name in self._layout.names]
        return stored[0] if len(stored) == 1 else np.stack(stored)

    def transpose(self, *order: Any) -> Array:
        """All of it, with its axes in another order."""
        return np.asarray(self).transpose(*order)


def as_floats(stored: np.ndarray) -> Array:
    """Numbers as they are stored, as float32."""
    made = np.empty_like(stored, np.float32)
    floats(stored, made)
    return made
