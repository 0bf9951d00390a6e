"""An array in a file whose numbers are read when they are needed."""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.weights.stored_view import StoredView
from attention_core.weights.tensor_file import TensorFile

PRODUCT_BLOCK = 1 << 21  # numbers: a block of a matrix that stays in the cache between being read and multiplied
SCRATCH = threading.local()  # to overwrite a block is faster than to allocate a new one


class StoredArray:
    """A view of a file's numbers, converted to float32 when read; a matrix product reads a block at a time."""

    dtype: Final = np.dtype(np.float32)

    def __init__(self, file: TensorFile, view: StoredView) -> None:
        self._file, self._view = file, view
        self.shape, self.ndim, self.size = view.shape, view.ndim, view.size

    @property
    def T(self) -> StoredArray:
        """The array with its axes reversed."""
        return self.transpose()

    def transpose(self, *order: Any) -> StoredArray:
        """The array with its axes in another order."""
        return StoredArray(self._file, self._view.transpose(*order))

    def reshape(self, *shape: Any) -> StoredArray | Array:
        """The array in another shape; read where its layout in the file does not allow that."""
        try:
            return StoredArray(self._file, self._view.reshape(*shape))
        except ValueError:
            return np.asarray(self).reshape(*shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._read(self._view)

    def __getitem__(self, index: Any) -> Array:
        """The part at an index for each axis, at arrays of indices of at least 0, or at slices that go forwards."""
        if isinstance(index, tuple) and any(isinstance(at, np.ndarray) for at in index):
            spans, within = enclosing_spans(index)
            return self._read(self._view[spans])[within]
        return self._read(self._view[index])[()]

    def _read(self, view: StoredView) -> Array:
        order = view.in_file_order()
        in_file_order = np.empty([view.shape[axis] for axis in order], np.float32)
        self._file.fill(view.transpose(order), in_file_order)
        return frozen(in_file_order.transpose(np.argsort(order)))

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts at some indices along an axis, each read once; the whole array where these parts are scattered."""
        order = self._view.in_file_order()
        if order[0] != axis:
            return np.asarray(self).take(indices, axis)
        unique, places = np.unique(indices, return_inverse=True)
        by_index = self._view.transpose(axis, *(each for each in range(self.ndim) if each != axis))
        parts = np.empty((len(unique), *by_index.shape[1:]), np.float32)
        self._file.fill_each((by_index[int(at)], part) for at, part in zip(unique, parts, strict=True))
        return np.moveaxis(parts, 0, axis).take(places.reshape(indices.shape), axis)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (None,), **options: Any) -> Any:
        if ufunc is np.matmul and inputs[1] is self and self.ndim == 2:
            return self._product(np.asarray(inputs[0]), out[0])
        loaded = [np.asarray(each) if isinstance(each, StoredArray) else each for each in inputs]
        return getattr(ufunc, method)(*loaded, out=out, **options)

    def _product(self, left: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        """left [.., n, row] @ self [row, column]."""
        if out is None:
            out = np.empty((*left.shape[:-1], self.shape[1]), np.float32)
        by_columns = self._view.strides[0] < self._view.strides[1]
        in_file_order = self._view.transpose() if by_columns else self._view
        step = max(1, PRODUCT_BLOCK // in_file_order.shape[1])
        if not by_columns:
            out[...] = 0
        for start in range(0, in_file_order.shape[0], step):
            part = slice(start, start + step)
            view = in_file_order[part]
            block = scratch_block(view.shape)
            self._file.fill(view, block)
            if by_columns:
                np.matmul(left, block.T, out=out[..., part])
            else:
                out += left[..., part] @ block
        return out


def enclosing_spans(index: tuple[Any, ...]) -> tuple[tuple[slice, ...], tuple[Any, ...]]:
    """The slices around an index with arrays, and that index within them."""
    spans = tuple(at if isinstance(at, slice) else slice(int(np.min(at)), int(np.max(at)) + 1) for at in index)
    pairs = zip(index, spans, strict=True)
    return spans, tuple(slice(None) if isinstance(at, slice) else at - span.start for at, span in pairs)


def scratch_block(shape: tuple[int, ...]) -> Array:
    """Memory for a block, valid until this thread asks for another."""
    size = int(np.prod(shape))
    if len(getattr(SCRATCH, "memory", ())) < size:
        SCRATCH.memory = np.empty(max(size, PRODUCT_BLOCK), np.float32)
    return SCRATCH.memory[:size].reshape(shape)
