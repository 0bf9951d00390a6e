"""The library's array type, a bounded cache of arrays, and Toeplitz matrices, which store each repeated number once."""

import numpy as np
from numpy.typing import NDArray

from attention_core.bounded_cache import BoundedCache

Array = NDArray[np.float32]


def frozen(array: Array) -> Array:
    """The same array, made read-only."""
    array.setflags(write=False)
    return array


class ArrayCache(BoundedCache[Array]):
    """The most recently used arrays, shared by threads.

    max_bytes: what they take together; the least recently used are dropped
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes, lambda array: array.nbytes)


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
