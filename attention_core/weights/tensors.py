"""Tensors of a safetensors checkpoint, read one at a time: a single file, or shards with an index.

Source of the format: https://huggingface.co/docs/safetensors
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from io import FileIO
from pathlib import Path
from typing import NoReturn

import numpy as np

from attention_core.arrays import Array
from attention_core.errors import (
    CheckpointError,
    DtypeError,
    HeaderError,
    MissingShardError,
    PickleError,
    TruncatedError,
)
from attention_core.files import read_object
from attention_core.weights.header import ITEM_BYTES, TensorInfo, read_header

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("pytorch_model*.bin*", "consolidated.*.pth")
OTHER_FORMATS = {
    "an adapter to another model": ("adapter_model.*",),
    f"a file that no {INDEX} lists": ("*.safetensors",),
    "a TensorFlow file": ("tf_model*.h5", "*.ckpt.*", "saved_model.pb"),
    "a Flax file": ("flax_model*.msgpack",),
    "a llama.cpp file": ("*.gguf",),
    "an ONNX file": ("*.onnx",),
}
"""Other forms of weights, and the names of their files."""

READABLE = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
CONVERSION_BLOCK = 1 << 17  # numbers: a block that is still in the cache when it is converted to float32


class TensorFile:
    """A memory-mapped safetensors file, which must not change from now on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.infos = read_header(path)
        self._version = file_version(path.stat())
        self._bytes = np.memmap(path, np.uint8, mode="r").view(np.ndarray)

    def info(self, name: str) -> TensorInfo:
        """A tensor's type, shape and offset; DtypeError when its type is not supported."""
        info = self.infos[name]
        if info.dtype not in READABLE:
            raise DtypeError(
                f"{name!r} in {self.path.name} has type {info.dtype}; supported are F32, F16 and BF16 (float32, "
                "float16, bfloat16). Convert the checkpoint to one of them."
            )
        return info

    def stored(self, name: str) -> np.ndarray:
        """A tensor as stored; see Tensors.stored."""
        info = self.info(name)
        try:
            self._check(self.path.stat())
        except OSError as problem:
            raise self._gone() from problem
        span = self._bytes[info.start : info.start + info.size * ITEM_BYTES[info.dtype]]
        return span.view(READABLE[info.dtype]).reshape(info.shape)

    def fill(self, stored: np.ndarray, out: Array) -> None:
        """Convert a view of the mapped file to float32; contiguous numbers are read from the file instead.

        out: the same shape, contiguous
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                self._check(os.fstat(file.fileno()))
                if not (stored.flags.c_contiguous and np.may_share_memory(stored, self._bytes)):
                    to_float32(stored, out)
                    return
                file.seek(stored.ctypes.data - self._bytes.ctypes.data)
                flat, scratch = out.reshape(-1), np.empty(CONVERSION_BLOCK, stored.dtype)
                for start in range(0, stored.size, CONVERSION_BLOCK):
                    block = flat[start : start + CONVERSION_BLOCK]
                    if stored.dtype == np.float32:
                        self._next(file, block)
                    else:
                        self._next(file, scratch[: block.size])
                        to_float32(scratch[: block.size], block)
        except OSError as problem:
            raise self._gone() from problem

    def _next(self, file: FileIO, block: np.ndarray) -> None:
        """Read the file's next bytes into a block."""
        rest = block.view(np.uint8).data
        while rest:
            count = file.readinto(rest)
            if not count:
                raise TruncatedError(f"{self.path.name} is truncated. Download it again.")
            rest = rest[count:]

    def _check(self, stat: os.stat_result) -> None:
        if file_version(stat) != self._version:
            raise CheckpointError(f"{self.path.name} has changed since the model was loaded. Load the model again.")

    def _gone(self) -> CheckpointError:
        return CheckpointError(f"{self.path.name} can no longer be read. Load the model again.")


class Tensors(Mapping[str, TensorInfo]):
    """The tensors of a model's folder by name; numbers are read when they are needed.

    Raises CheckpointError or one of its subclasses: no weights, only pickles, a broken header, a truncated file, a
    missing shard.
    """

    def __init__(self, folder: Path) -> None:
        if (folder / WEIGHTS).is_file():
            file = TensorFile(folder / WEIGHTS)
            self._files = dict.fromkeys(file.infos, file)
        elif (folder / INDEX).is_file():
            self._files = open_shards(folder)
        else:
            refuse_without_weights({path.name for path in folder.iterdir()})

    def __getitem__(self, name: str) -> TensorInfo:
        return self._files[name].info(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, whatever its type."""
        return self._files[name].infos[name].shape

    def file(self, name: str) -> TensorFile:
        """The file that holds a tensor."""
        return self._files[name]

    def read(self, name: str, out: Array | None = None) -> Array:
        """A tensor as float32, written into `out` if given, which must be contiguous and of its shape.

        Raises DtypeError for any type but float32, float16 and bfloat16, CheckpointError when the file has changed
        since it was opened.
        """
        if out is None:
            out = np.empty(self[name].shape, np.float32)
        self.file(name).fill(self.stored(name), out)
        return out

    def stored(self, name: str) -> np.ndarray:
        """A tensor's numbers as stored, bfloat16 as its bits: a read-only view of the file.

        Only the numbers used are read from disk; `to_float32` converts them. Raises the same errors as `read`.
        """
        return self._files[name].stored(name)

    def same(self, one: str, other: str) -> bool:
        """Whether two tensors hold the same numbers."""
        a, b = self.stored(one), self.stored(other)
        return np.array_equal(a, b) if a.dtype == b.dtype else np.array_equal(self.read(one), self.read(other))


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


def as_float32(stored: np.ndarray) -> Array:
    """Stored numbers as float32."""
    numbers = np.empty_like(stored, np.float32)
    to_float32(stored, numbers)
    return numbers


def file_version(stat: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is overwritten or replaced."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def open_shards(folder: Path) -> dict[str, TensorFile]:
    """Tensor name -> its shard, from the index of a sharded checkpoint."""
    files = shard_map((folder / INDEX).read_bytes())
    for file in shard_names(files):
        if not (folder / file).is_file():
            raise MissingShardError(f"The model's folder has no {file}, which {INDEX} lists. Download it again.")
    shards = {file: TensorFile(folder / file) for file in shard_names(files)}
    for name, file in files.items():
        if name not in shards[file].infos:
            raise HeaderError(f"{INDEX} lists {name!r} in {file}, which does not contain it.")
    return {name: shards[file] for name, file in files.items()}


def shard_map(raw: bytes) -> dict[str, str]:
    """Tensor name -> file name, from an index; HeaderError for anything but safetensors files in the same folder."""
    files = read_object(raw, INDEX, HeaderError).get("weight_map")
    if not isinstance(files, dict) or not files:
        raise HeaderError(f"{INDEX} has no weight_map.")
    for file in files.values():
        if not isinstance(file, str) or not file.endswith(".safetensors") or set(file) & set("/\\:\0"):
            raise HeaderError(f"{INDEX} lists {file!r}, which is not a safetensors file in the same folder.")
    return files


def shard_names(files: Mapping[str, str]) -> list[str]:
    """The files of an index, each once, sorted."""
    return sorted(set(files.values()))


def refuse_without_weights(files: set[str]) -> NoReturn:
    """Raise the error for a folder or repository of these files, none of which is a safetensors checkpoint."""
    if pickle := first_match(files, PICKLES):
        raise PickleError(
            f"The only weights are {pickle}, a pickle, which can run any code when it is read. Only safetensors are "
            f"supported: save the model again, as {WEIGHTS}."
        )
    for kind, patterns in OTHER_FORMATS.items():
        if file := first_match(files, patterns):
            raise CheckpointError(
                f"There is no {WEIGHTS}; {file}, {kind}, is not supported. Choose a copy of the model with {WEIGHTS}."
            )
    raise CheckpointError(f"There are no weights: neither {WEIGHTS} nor {INDEX}.")


def first_match(files: Collection[str], patterns: Sequence[str]) -> str | None:
    """The first file, in alphabetical order, whose name matches one of the patterns."""
    return next((file for file in sorted(files) if any(fnmatchcase(file, pattern) for pattern in patterns)), None)
