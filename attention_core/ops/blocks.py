"""Large arrays in blocks that stay in a core's cache."""

from collections.abc import Iterator
from typing import Final

from attention_core.arrays import Array

BLOCK: Final = 1 << 16  # elements: a block and its temporaries stay in a core's second-level cache


def row_blocks(rows: int, width: int) -> list[slice]:
    """Slices that cut [rows, width] into blocks of about BLOCK elements."""
    step = max(1, BLOCK // width)
    return [slice(start, start + step) for start in range(0, rows, step)]


def blocks(x: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Two arrays of one shape in pieces that stay in cache: numbers to be read, and where their results belong."""
    if x.strides != out.strides or not (x.flags.forc and out.flags.forc):
        yield x, out
        return
    x, out = x.ravel(order="K"), out.ravel(order="K")
    for start in range(0, x.size, BLOCK):
        yield x[start : start + BLOCK], out[start : start + BLOCK]
