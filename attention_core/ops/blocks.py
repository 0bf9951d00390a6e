"""Large arrays in blocks that fit in a core's cache."""

from collections.abc import Iterator
from typing import Final

from attention_core.arrays import Array

BLOCK_SIZE: Final = 1 << 16  # elements: a block and its temporaries fit in a core's L2 cache


def row_blocks(rows: int, width: int) -> list[slice]:
    """Slices that cut [rows, width] into blocks of about BLOCK_SIZE elements."""
    step = max(1, BLOCK_SIZE // width)
    return [slice(start, start + step) for start in range(0, rows, step)]


def cache_blocks(x: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Two arrays of the same shape in blocks that fit in the cache: the numbers, and the array for their results."""
    if x.strides != out.strides or not (x.flags.forc and out.flags.forc):
        yield x, out
        return
    x, out = x.ravel(order="K"), out.ravel(order="K")
    for start in range(0, x.size, BLOCK_SIZE):
        yield x[start : start + BLOCK_SIZE], out[start : start + BLOCK_SIZE]
