"""One safetensors file, whose numbers are read as float32.

The file is read and not memory-mapped: reading the page of a map that another program has cut off ends the process.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from attention_core.arrays import Array
from attention_core.errors import CheckpointError, DtypeError
from attention_core.weights.header import TensorInfo, read_header, truncated
from attention_core.weights.stored_view import StoredView, contiguous_view

READABLE = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
CONVERSION_BLOCK = 1 << 17  # numbers: a block that is still in the cache when it is converted to float32


class TensorFile:
    """A safetensors file, which must not change from now on.

    Reading raises TruncatedError when the file has become shorter, CheckpointError when it has otherwise changed or
    is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb", buffering=0) as file:
            stat = os.fstat(file.fileno())
            self.infos = self._read_infos(file, stat.st_size)
        self._version, self._size = file_version(stat), stat.st_size

    def _read_infos(self, file: BinaryIO, size: int) -> Mapping[str, TensorInfo]:
        """The tensors of the open file by name, from its header."""
        return read_header(file, self.path.name, size)

    def info(self, name: str) -> TensorInfo:
        """A tensor's type, shape and offset; DtypeError when its type is not supported."""
        info = self.infos[name]
        if info.dtype not in READABLE:
            raise DtypeError(
                f"{name!r} in {self.path.name} has type {info.dtype}; supported are F32, F16 and BF16 (float32, "
                "float16, bfloat16). Convert the checkpoint to one of them."
            )
        return info

    def stored(self, name: str) -> StoredView:
        """The view of a tensor; DtypeError when its type is not supported."""
        info = self.info(name)
        return contiguous_view(np.dtype(READABLE[info.dtype]), info.start, info.shape)

    def fill(self, view: StoredView, out: Array) -> None:
        """Read the numbers of a view as float32 into an array of its shape."""
        self.fill_each([(view, out)])

    def fill_each(self, parts: Iterable[tuple[StoredView, Array]]) -> None:
        """Read the numbers of several views, each into its array."""
        with self._unchanged() as file:
            for view, out in parts:
                order = view.in_file_order()
                for block, numbers in blocks(view.transpose(order), out.transpose(order)):
                    self._read(file, block, numbers)

    def _read(self, file: FileIO, view: StoredView, out: Array) -> None:
        """Read a view that is one block of the file."""
        raw = scratch = np.empty(view.span, np.uint8)
        if view.dtype == np.float32 and view.span == out.nbytes and out.flags.c_contiguous:
            raw = out.reshape(-1).view(np.uint8)
        self._read_bytes(file, view.start, raw)
        if raw is scratch:
            numbers = scratch[: view.dtype.itemsize].view(view.dtype)
            to_float32(np.lib.stride_tricks.as_strided(numbers, view.shape, view.strides), out)

    def _read_bytes(self, file: FileIO, start: int, out: np.ndarray) -> None:
        """Fill an array of bytes with those of the file from `start`; TruncatedError when the file ends before."""
        file.seek(start)
        rest = out.data
        while rest:
            count = file.readinto(rest)
            if not count:
                raise truncated(self.path.name, file.tell(), self._size)
            rest = rest[count:]

    @contextmanager
    def _unchanged(self) -> Iterator[FileIO]:
        """The open file, compared before and after with the file that the header was read from."""
        try:
            with self.path.open("rb", buffering=0) as file:
                self._check(os.fstat(file.fileno()))
                yield file
                self._check(os.fstat(file.fileno()))
        except OSError as problem:
            raise CheckpointError(f"{self.path.name} can no longer be read. Load the model again.") from problem

    def _check(self, stat: os.stat_result) -> None:
        if stat.st_size < self._size and stat.st_ino == self._version[0]:
            raise truncated(self.path.name, stat.st_size, self._size)
        if file_version(stat) != self._version:
            raise CheckpointError(f"{self.path.name} has changed since the model was loaded. Load the model again.")


def blocks(view: StoredView, out: Array) -> Iterator[tuple[StoredView, Array]]:
    """A view in file order, in parts that are near each other in the file, each with its part of the result."""
    most = CONVERSION_BLOCK * view.dtype.itemsize
    if view.span <= most:
        if view.size:
            yield view, out
        return
    step = most // view.strides[0]
    for start in range(0, view.shape[0], max(1, step)):
        if step:
            yield view[start : start + step], out[start : start + step]
        else:
            yield from blocks(view[start], out[start, ...])


def to_float32(stored: np.ndarray, out: Array) -> None:
    """Convert stored numbers to float32; bfloat16 is the upper half of its bits.

        out = float32(bits << 16)

    stored: any shape; uint16 for bfloat16
    out:    the same shape
    """
    if stored.dtype == np.uint16:
        bits = out.view(np.uint32)
        bits[...] = stored
        np.left_shift(bits, 16, out=bits)  # two steps are faster than shifting and widening at once
    else:
        out[...] = stored


def file_version(stat: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is overwritten or replaced."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
