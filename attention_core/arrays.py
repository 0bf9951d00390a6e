"""The one array type of the library."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def frozen(array: Array) -> Array:
    """The same array, which from now on refuses to be written to."""
    array.setflags(write=False)
    return array
