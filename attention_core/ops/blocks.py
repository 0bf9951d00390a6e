"""Large arrays in blocks that stay in a core's cache."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from attention_core.arrays import Array

BLOCK: Final = 1 << 16  # elements: a block and its temporaries stay in a core's second-level cache


def row_blocks(rows: int, width: int) -> list[slice]:
    """Slices that cut [rows, width] into blocks of about BLOCK elements."""
    step = max(1, BLOCK // width)
    return [slice(start, start + step) for start in range(0, rows, step)]


def blocks(x: Array) -> Iterator[Array]:
    """The numbers of an array in pieces that stay in cache, to be overwritten; x is contiguous in some order."""
    flat = x.ravel(order="K")
    if not np.shares_memory(flat, x):
        raise ValueError("Only an array without gaps is overwritten in blocks.")
    for start in range(0, flat.size, BLOCK):
        yield flat[start : start + BLOCK]
