"""Trained tensors that stay on the disk, of which only what is asked for is read."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array
from attention_core.weights.layout import Layout
from attention_core.weights.mapped import Mapped
from attention_core.weights.tensors import Tensors, as_floats


class Stored:
    """A trained tensor in an array's place: its numbers are read from the disk each time they are asked for.

    It has what is asked of an array here: its shape, numbers and parts by index, itself with other axes, and
    itself as an array for anything else (NumPy's `__array__`).
    """

    dtype: Final = np.dtype(np.float32)

    def __init__(self, tensors: Tensors, layout: Layout) -> None:
        self._tensors, self._layout = tensors, layout
        self.shape, self.ndim, self.size = layout.shape, len(layout.shape), math.prod(layout.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self._mapped())

    def __getitem__(self, index: Any) -> Array:
        """One number when there is an index for every axis, else the parts that are named."""
        if isinstance(index, tuple) and len(index) == self.ndim and not any(isinstance(at, slice) for at in index):
            return as_floats(self._number(index))[()]
        if self._layout.part is not None and self._layout.axis == 0 and isinstance(index, int | np.integer):
            return np.asarray(self._part(index))
        return self._mapped()[index]

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts that stand at some indices along an axis."""
        return self._mapped().take(indices, axis)

    def transpose(self, *order: Any) -> Mapped:
        """It with its axes in another order."""
        return self._mapped().transpose(*order)

    def _number(self, place: tuple[int, ...]) -> np.ndarray:
        layout = self._layout
        if layout.part is None:
            return layout.at(self._tensors.stored(layout.names[0]), place)
        return self._part(place[layout.axis])._number(place[: layout.axis] + place[layout.axis + 1 :])

    def _part(self, place: int | np.integer) -> Stored:
        """One of the tensors that are stacked."""
        assert self._layout.part is not None
        name = self._layout.names[place]
        return Stored(self._tensors, replace(self._layout.part, source=name, names=(name,)))

    def _mapped(self) -> Mapped:
        names = self._layout.names
        stored = [self._tensors.stored(name) for name in names]
        whole = stored[0] if len(stored) == 1 else np.stack(stored)
        return Mapped(self._tensors.file(names[0]), self._layout.view(whole))
