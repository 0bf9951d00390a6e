"""The positions of an array's numbers in a file, as shape and strides; nothing is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

NO_MEMORY = np.zeros(1)


@dataclass(frozen=True)
class StoredView:
    """An array in a file, of which only the layout is known: number [i, j, …] begins at this byte of the file:

        start + i * strides[0] + j * strides[1] + …

    dtype:   as stored; uint16 for the bits of bfloat16
    strides: in bytes, each at least 0

    Reshaping, transposing and indexing give other views, as with an array; ValueError where an array would be copied.
    """

    dtype: np.dtype
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def span(self) -> int:
        """The bytes from the first number to the end of the last."""
        steps = (stride * (length - 1) for stride, length in zip(self.strides, self.shape, strict=True))
        return self.dtype.itemsize + sum(steps) if self.size else 0

    def transpose(self, *order: Any) -> StoredView:
        """The view with its axes in another order, by default reversed."""
        return self._at(self._array().transpose(*order))

    def reshape(self, *shape: Any) -> StoredView:
        """The view in another shape."""
        return self._at(self._array().reshape(*shape, copy=False))

    def __getitem__(self, index: Any) -> StoredView:
        """The view of a part, by whole numbers and slices that do not run backwards."""
        index = index if isinstance(index, tuple) else (index,)
        if any(isinstance(at, np.ndarray) for at in index):
            raise ValueError("An array of indices would need a copy.")
        return self._at(self._array()[(*index, ...)])

    def in_file_order(self) -> tuple[int, ...]:
        """The axes in the order in which the file has them."""
        return tuple(sorted(range(self.ndim), key=lambda axis: -self.strides[axis]))

    def _array(self) -> np.ndarray:
        """An array with this layout, for NumPy's arithmetic on layouts; it has no memory, and must never be read."""
        return np.lib.stride_tricks.as_strided(NO_MEMORY.view(self.dtype), self.shape, self.strides, writeable=False)

    def _at(self, array: np.ndarray) -> StoredView:
        """The layout of an array that was derived from `_array`."""
        start = self.start + array.ctypes.data - NO_MEMORY.ctypes.data
        return StoredView(self.dtype, start, array.shape, array.strides)


def contiguous_view(dtype: np.dtype, start: int, shape: tuple[int, ...]) -> StoredView:
    """The view of an array whose numbers follow each other in the file, the last axis fastest."""
    strides = [dtype.itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, strides[0] * length)
    return StoredView(dtype, start, shape, tuple(strides[: len(shape)]))
