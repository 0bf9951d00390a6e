"""Numbers of a file in an array's place, which are read when something is made of them."""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.weights.tensors import TensorFile, as_floats

BLOCK = 1 << 21  # numbers: a block of a matrix that stays in the cache from its reading to its product
SPARE = threading.local()  # a block that is written over again is faster than one whose memory is new


class Mapped:
    """A view of a file's numbers. It can be seen with other axes, and a product with it reads a block at a time.

    stored: the view as it lies in the file, of which nothing is looked at before it is asked for
    """

    dtype: Final = np.dtype(np.float32)

    def __init__(self, file: TensorFile, stored: np.ndarray) -> None:
        self._file, self._stored = file, stored
        self.shape, self.ndim, self.size = stored.shape, stored.ndim, stored.size

    @property
    def T(self) -> Mapped:
        """It with its axes the other way round."""
        return self.transpose()

    def transpose(self, *order: Any) -> Mapped:
        """It with its axes in another order."""
        return Mapped(self._file, self._stored.transpose(*order))

    def reshape(self, *shape: Any) -> Mapped:
        """It with other axes."""
        return Mapped(self._file, self._stored.reshape(*shape))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        made = np.empty_like(self._stored, np.float32)
        order = sorted(range(self.ndim), key=lambda axis: -self._stored.strides[axis])
        self._file.fill(self._stored.transpose(order), made.transpose(order))
        return frozen(made)

    def __getitem__(self, index: Any) -> Array:
        return as_floats(self._stored[index])[()]

    def take(self, indices: np.ndarray, axis: int) -> Array:
        """The parts that stand at some indices along an axis."""
        return as_floats(self._stored.take(indices, axis))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (None,), **options: Any) -> Any:
        if ufunc is np.matmul and inputs[1] is self and self.ndim == 2:
            return self._product(np.asarray(inputs[0]), out[0])
        loaded = [np.asarray(each) if isinstance(each, Mapped) else each for each in inputs]
        return getattr(ufunc, method)(*loaded, out=out, **options)

    def _product(self, left: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        """left [.., n, row] times these [row, column]."""
        if out is None:
            out = np.empty((*left.shape[:-1], self.shape[1]), np.float32)
        by_columns = self._stored.strides[0] < self._stored.strides[1]
        lying = self._stored.T if by_columns else self._stored
        step = max(1, BLOCK // lying.shape[1])
        if not by_columns:
            out[...] = 0
        for start in range(0, len(lying), step):
            part = slice(start, start + step)
            block = spare(lying[part].shape)
            self._file.fill(lying[part], block)
            if by_columns:
                np.matmul(left, block.T, out=out[..., part])
            else:
                out += left[..., part] @ block
        return out


def spare(shape: tuple[int, ...]) -> Array:
    """Memory for a block, which holds until this thread asks for another."""
    size = int(np.prod(shape))
    if len(getattr(SPARE, "memory", ())) < size:
        SPARE.memory = np.empty(max(size, BLOCK), np.float32)
    return SPARE.memory[:size].reshape(shape)
