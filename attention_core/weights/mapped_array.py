"""A memory-mapped array whose numbers are read when they are needed."""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.weights.tensors import TensorFile, as_float32

PRODUCT_BLOCK = 1 << 21  # numbers: a block of a matrix that stays in the cache between being read and multiplied
SCRATCH = threading.local()  # to overwrite a block is faster than to allocate a new one


class MappedArray:
    """A view of a file's numbers, converted to float32 when used; a matrix product reads a block at a time.

    stored: the memory-mapped view; nothing is read before it is needed
    """

    dtype: Final = np.dtype(np.float32)

    def __init__(self, file: TensorFile, stored: np.ndarray) -> None:
        self._file, self._stored = file, stored
        self.shape, self.ndim, self.size = stored.shape, stored.ndim, stored.size

    @property
    def T(self) -> MappedArray:
        """The array with its axes reversed."""
        return self.transpose()

    def transpose(self, *order: Any) -> MappedArray:
        """The array with its axes in another order."""
        return MappedArray(self._file, self._stored.transpose(*order))

    def reshape(self, *shape: Any) -> MappedArray:
        """The array in another shape."""
        return MappedArray(self._file, self._stored.reshape(*shape))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = np.empty_like(self._stored, np.float32)
        order = sorted(range(self.ndim), key=lambda axis: -self._stored.strides[axis])
        self._file.fill(self._stored.transpose(order), array.transpose(order))
        return frozen(array)

    def __getitem__(self, index: Any) -> Array:
        return as_float32(self._stored[index])[()]

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts at some indices along an axis."""
        return as_float32(self._stored.take(indices, axis))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (None,), **options: Any) -> Any:
        if ufunc is np.matmul and inputs[1] is self and self.ndim == 2:
            return self._product(np.asarray(inputs[0]), out[0])
        loaded = [np.asarray(each) if isinstance(each, MappedArray) else each for each in inputs]
        return getattr(ufunc, method)(*loaded, out=out, **options)

    def _product(self, left: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        """left [.., n, row] @ self [row, column]."""
        if out is None:
            out = np.empty((*left.shape[:-1], self.shape[1]), np.float32)
        by_columns = self._stored.strides[0] < self._stored.strides[1]
        in_file_order = self._stored.T if by_columns else self._stored
        step = max(1, PRODUCT_BLOCK // in_file_order.shape[1])
        if not by_columns:
            out[...] = 0
        for start in range(0, len(in_file_order), step):
            part = slice(start, start + step)
            block = scratch_block(in_file_order[part].shape)
            self._file.fill(in_file_order[part], block)
            if by_columns:
                np.matmul(left, block.T, out=out[..., part])
            else:
                out += left[..., part] @ block
        return out


def scratch_block(shape: tuple[int, ...]) -> Array:
    """Memory for a block, valid until this thread asks for another."""
    size = int(np.prod(shape))
    if len(getattr(SCRATCH, "memory", ())) < size:
        SCRATCH.memory = np.empty(max(size, PRODUCT_BLOCK), np.float32)
    return SCRATCH.memory[:size].reshape(shape)
