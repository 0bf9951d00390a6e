"""The one array type of the library, and arrays in which numbers stand more than once but are stored once."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def frozen(array: Array) -> Array:
    """The same array, which from now on refuses to be written to."""
    array.setflags(write=False)
    return array


def diagonals(line: np.ndarray, rows: int) -> np.ndarray:
    """A matrix that is the same along each diagonal, over the line's own memory: [..., row, column], read-only.

        made[i, j] = line[j - i + rows - 1]

    line: [..., difference], the first that of the last row and the first column; rows + columns - 1 of them
    """
    columns = line.shape[-1] - rows + 1
    return np.lib.stride_tricks.sliding_window_view(line, columns, axis=-1)[..., ::-1, :]


def take_along(numbers: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    """What stands at some indices along an axis, as `take` gives it; of `diagonals`, as diagonals again."""
    if indices.ndim != 2 or indices.strides[0] != -indices.strides[1]:
        return numbers.take(indices, axis=axis)
    line = np.concatenate([indices[:0:-1, 0], indices[0]])
    found = np.ascontiguousarray(np.moveaxis(numbers.take(line, axis=axis), axis, -1))
    return np.moveaxis(diagonals(found, len(indices)), (-2, -1), (axis, axis + 1))
