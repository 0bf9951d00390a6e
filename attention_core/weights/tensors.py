"""Read tensors from safetensors files, one at a time: one file, or shards with an index.

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
from attention_core.weights.header import ITEM_BYTES, Place, read_header

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("pytorch_model*.bin*", "consolidated.*.pth")
OTHERS = {
    "an adapter to another model": ("adapter_model.*",),
    f"under another name and in no {INDEX}": ("*.safetensors",),
    "of TensorFlow": ("tf_model*.h5", "*.ckpt.*", "saved_model.pb"),
    "of Flax": ("flax_model*.msgpack",),
    "of llama.cpp": ("*.gguf",),
    "of ONNX": ("*.onnx",),
}
"""What else weights may be, and what their files are then called."""

READABLE = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
BLOCK = 1 << 17  # numbers: so many are still in the cache when they are made float32


class TensorFile:
    """One safetensors file, of which only what is asked for is read; it may not change from now on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places = read_header(path)
        self._version = version(path.stat())
        self._bytes = np.memmap(path, np.uint8, mode="r").view(np.ndarray)

    def place(self, name: str) -> Place:
        """Where a tensor stands; DtypeError when its numbers are of a type that is not read."""
        place = self.places[name]
        if place.dtype not in READABLE:
            raise DtypeError(
                f"{name!r} in {self.path.name} has type {place.dtype}; read are F32, F16 and BF16 (float32, "
                "float16, bfloat16)."
            )
        return place

    def stored(self, name: str) -> np.ndarray:
        """One tensor as it is stored; see Tensors.stored."""
        place = self.place(name)
        try:
            self._check(self.path.stat())
        except OSError as problem:
            raise self._gone() from problem
        span = self._bytes[place.start : place.start + place.size * ITEM_BYTES[place.dtype]]
        return span.view(READABLE[place.dtype]).reshape(place.shape)

    def fill(self, stored: np.ndarray, out: Array) -> None:
        """Numbers that are seen in the mapped file, as float32; those in one run are read and not mapped.

        out: of the same shape, contiguous
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                self._check(os.fstat(file.fileno()))
                if not (stored.flags.c_contiguous and np.may_share_memory(stored, self._bytes)):
                    floats(stored, out)
                    return
                file.seek(stored.ctypes.data - self._bytes.ctypes.data)
                flat, scratch = out.reshape(-1), np.empty(BLOCK, stored.dtype)
                for start in range(0, stored.size, BLOCK):
                    block = flat[start : start + BLOCK]
                    if stored.dtype == np.float32:
                        self._next(file, block)
                    else:
                        self._next(file, scratch[: block.size])
                        floats(scratch[: block.size], block)
        except OSError as problem:
            raise self._gone() from problem

    def _next(self, file: FileIO, block: np.ndarray) -> None:
        """Read the file's next bytes over a block."""
        rest = block.view(np.uint8).data
        while rest:
            count = file.readinto(rest)
            if not count:
                raise TruncatedError(f"{self.path.name} is truncated. Load the model again.")
            rest = rest[count:]

    def _check(self, found: os.stat_result) -> None:
        if version(found) != self._version:
            raise CheckpointError(f"{self.path.name} has changed since the model was loaded. Load the model again.")

    def _gone(self) -> CheckpointError:
        return CheckpointError(f"{self.path.name} cannot be read any more. Load the model again.")


class Tensors(Mapping[str, Place]):
    """The tensors of a model's folder by name: where each stands; its numbers are read when they are asked for.

    Raises CheckpointError, or a kind of it that says which: no weights, pickles alone, a broken header, a
    truncated file, a missing shard.
    """

    def __init__(self, folder: Path) -> None:
        if (folder / WEIGHTS).is_file():
            file = TensorFile(folder / WEIGHTS)
            self._files = dict.fromkeys(file.places, file)
        elif (folder / INDEX).is_file():
            self._files = open_shards(folder)
        else:
            refuse_without_weights({path.name for path in folder.iterdir()})

    def __getitem__(self, name: str) -> Place:
        return self._files[name].place(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, whatever the type of its numbers."""
        return self._files[name].places[name].shape

    def file(self, name: str) -> TensorFile:
        """The file that holds a tensor."""
        return self._files[name]

    def read(self, name: str, out: Array | None = None) -> Array:
        """A tensor as float32, written into `out` when it is given, which is contiguous and has its shape.

        Raises DtypeError for anything but float32, float16 and bfloat16, and CheckpointError when the file has
        changed since it was opened.
        """
        if out is None:
            out = np.empty(self[name].shape, np.float32)
        self.file(name).fill(self.stored(name), out)
        return out

    def stored(self, name: str) -> np.ndarray:
        """A tensor's numbers as they are stored, bfloat16 as its bits: a read-only view of the file.

        Only what is looked at is fetched from the disk; `floats` makes float32 of it. Raises as `read` does.
        """
        return self._files[name].stored(name)

    def same(self, one: str, other: str) -> bool:
        """Whether two tensors hold the same numbers."""
        a, b = self.stored(one), self.stored(other)
        return np.array_equal(a, b) if a.dtype == b.dtype else np.array_equal(self.read(one), self.read(other))


def floats(stored: np.ndarray, out: Array) -> None:
    """Numbers as they are stored, as float32; of bfloat16 the bits are the upper half.

        out = float32(bits << 16)

    stored: any shape, uint16 for bfloat16;  out: the same shape
    """
    if stored.dtype == np.uint16:
        bits = out.view(np.uint32)
        bits[...] = stored
        np.left_shift(bits, 16, out=bits)  # in two steps, which is faster than to shift and widen at once
    else:
        out[...] = stored


def as_floats(stored: np.ndarray) -> Array:
    """Numbers as they are stored, as float32."""
    made = np.empty_like(stored, np.float32)
    floats(stored, made)
    return made


def version(found: os.stat_result) -> tuple[int, int, int]:
    """What tells a file from one that was written over it or put in its place."""
    return found.st_ino, found.st_size, found.st_mtime_ns


def open_shards(folder: Path) -> dict[str, TensorFile]:
    """Tensor name -> its shard, by the index of a sharded checkpoint."""
    files = shard_map((folder / INDEX).read_bytes())
    for file in shard_names(files):
        if not (folder / file).is_file():
            raise MissingShardError(f"The model's folder has no {file}, which {INDEX} names.")
    shards = {file: TensorFile(folder / file) for file in shard_names(files)}
    for name, file in files.items():
        if name not in shards[file].places:
            raise HeaderError(f"{INDEX} places {name!r} in {file}, which does not hold it.")
    return {name: shards[file] for name, file in files.items()}


def shard_map(raw: bytes) -> dict[str, str]:
    """Tensor name -> file name, from an index; HeaderError when it says anything but names of its own folder."""
    files = read_object(raw, INDEX, HeaderError).get("weight_map")
    if not isinstance(files, dict) or not files:
        raise HeaderError(f"{INDEX} has no weight_map.")
    for file in files.values():
        if not isinstance(file, str) or not file.endswith(".safetensors") or set(file) & set("/\\:\0"):
            raise HeaderError(f"{INDEX} names {file!r}, which is no safetensors file beside it.")
    return files


def shard_names(files: Mapping[str, str]) -> list[str]:
    """The files of an index, each once, in order."""
    return sorted(set(files.values()))


def refuse_without_weights(files: set[str]) -> NoReturn:
    """The error for a folder or repository of these files, none of which holds safetensors."""
    if pickle := first(files, PICKLES):
        raise PickleError(
            f"The weights are there as {pickle} alone, a pickle, which can run any code when it is read. "
            f"Only safetensors are read: save the model again, as {WEIGHTS}."
        )
    for what, patterns in OTHERS.items():
        if found := first(files, patterns):
            raise CheckpointError(f"There is no {WEIGHTS}, and {found}, {what}, is not read.")
    raise CheckpointError(f"There are no weights: neither {WEIGHTS} nor {INDEX}.")


def first(files: Collection[str], patterns: Sequence[str]) -> str | None:
    """The first of some files whose name is as one of the patterns."""
    return next((file for file in sorted(files) if any(fnmatchcase(file, pattern) for pattern in patterns)), None)
