"""The library's array type, a bounded cache of arrays, and Toeplitz matrices, which store each repeated number once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def frozen(array: Array) -> Array:
    """The same array, made read-only."""
    array.setflags(write=False)
    return array


class ArrayCache:
    """The most recently used arrays, shared by threads.

    max_bytes: what they take together; the least recently used are dropped
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Array]) -> Array:
        """The array with this key, computed if it is not there; two threads may compute it at the same time."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = compute()
        with self._lock:
            if key not in self._arrays and array.nbytes <= self._max_bytes:
                self._arrays[key] = array
                self._bytes += array.nbytes
            while self._bytes > self._max_bytes:
                self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return array


def toeplitz(line: np.ndarray, rows: int) -> np.ndarray:
    """A Toeplitz matrix, constant along each diagonal, as a view of its diagonal values: [..., row, column], read-only.

        toeplitz[i, j] = line[j - i + rows - 1]

    line: [..., rows + columns - 1], by column - row, from the last row's first column to the first row's last
    """
    columns = line.shape[-1] - rows + 1
    return np.lib.stride_tricks.sliding_window_view(line, columns, axis=-1)[..., ::-1, :]


def take_indices(numbers: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    """The numbers at some indices along an axis, as `np.take` returns them; Toeplitz indices give a Toeplitz result."""
    if indices.ndim != 2 or indices.strides[0] != -indices.strides[1]:
        return numbers.take(indices, axis=axis)
    line = np.concatenate([indices[:0:-1, 0], indices[0]])
    taken = np.ascontiguousarray(np.moveaxis(numbers.take(line, axis=axis), axis, -1))
    return np.moveaxis(toeplitz(taken, len(indices)), (-2, -1), (axis, axis + 1))
