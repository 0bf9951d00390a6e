"""Read tensors from safetensors files, one at a time: one file, or shards with an index.

Source of the format: https://huggingface.co/docs/safetensors
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

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

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")

ITEM_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
READABLE = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
LONGEST_HEADER = 100_000_000  # bytes, as in the reference implementation


@dataclass(frozen=True)
class Place:
    """Where a tensor stands: its type, its shape, and its first byte in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class TensorFile:
    """One safetensors file, mapped into memory: only what is read of it is fetched from the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places = read_header(path)
        self._bytes = np.memmap(path, np.uint8, mode="r").view(np.ndarray)

    def read(self, name: str, out: Array | None) -> Array:
        """One tensor; see Tensors.read."""
        place = self.places[name]
        if place.dtype not in READABLE:
            raise DtypeError(
                f"{name!r} in {self.path.name} has type {place.dtype}; read are F32, F16 and BF16 (float32, "
                "float16, bfloat16)."
            )
        span = self._bytes[place.start : place.start + place.size * ITEM_BYTES[place.dtype]]
        stored = span.view(READABLE[place.dtype]).reshape(place.shape)
        if out is None:
            if place.dtype == "F32":
                return stored
            out = np.empty(place.shape, np.float32)
        if place.dtype == "BF16":
            widen(stored, out)
        else:
            out[...] = stored
        return out


class Tensors(Mapping[str, Array]):
    """The tensors of a model's folder by name, each read when it is asked for, as float32.

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

    def __getitem__(self, name: str) -> Array:
        return self.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, without reading it."""
        return self._files[name].places[name].shape

    def read(self, name: str, out: Array | None = None) -> Array:
        """A tensor as float32, written into `out` when it is given, which has the tensor's shape.

        Without `out`, float32 comes as a read-only view of the file, without a copy: it holds as long as the
        file is not written over. Raises DtypeError for anything but float32, float16 and bfloat16.
        """
        return self._files[name].read(name, out)


def widen(bits: np.ndarray, out: Array) -> None:
    """bfloat16 to float32: its bits are the upper half of the float32.

        out = float32(bits << 16)

    bits: any shape, uint16;  out: the same shape
    """
    np.left_shift(bits, 16, out=out.view(np.uint32), dtype=np.uint32)


def read_header(path: Path) -> dict[str, Place]:
    """Where each tensor of a file stands, checked against the file's size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > LONGEST_HEADER:
            raise HeaderError(f"{path.name} is no safetensors file: it does not begin with the length of a header.")
        if length > size - 8:
            raise TruncatedError(f"{path.name} is truncated: it ends after {size} bytes, within its header.")
        raw = file.read(length)
    entries = read_object(raw, path.name)
    entries.pop("__metadata__", None)
    data = 8 + length
    spans = {name: read_span(name, entry, path.name) for name, entry in entries.items()}
    end = check_spans(spans, path.name)
    if data + end > size:
        raise TruncatedError(f"{path.name} is truncated: it has {size} bytes of {data + end}. Download it again.")
    if data + end < size:
        raise HeaderError(f"{path.name} has {size - data - end} bytes more than its header announces.")
    return {name: Place(dtype, shape, data + begin) for name, (dtype, shape, begin, _) in spans.items()}


Span = tuple[str, tuple[int, ...], int, int]
"""A tensor's type, shape, first byte and the byte after its last, counted from the header's end."""


def read_span(name: str, entry: Any, file: str) -> Span:
    """What a header says of one tensor; HeaderError when its parts do not fit one another."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]} if (
            all(map(is_count, [*shape, begin, end])) and begin <= end and len(entry) == 3
        ):
            if dtype in ITEM_BYTES and end - begin != math.prod(shape) * ITEM_BYTES[dtype]:
                raise HeaderError(
                    f"{file}: {name!r} has {end - begin} bytes, but {dtype} of shape {shape} takes "
                    f"{math.prod(shape) * ITEM_BYTES[dtype]}."
                )
            return dtype, tuple(shape), begin, end
    raise HeaderError(f"{file}: the header says of {name!r} no type, shape and offsets that can be read.")


def check_spans(spans: Mapping[str, Span], file: str) -> int:
    """The byte after the last tensor; HeaderError when tensors overlap or leave a gap."""
    reached = 0
    for name, (_, _, begin, end) in sorted(spans.items(), key=lambda item: item[1][2:]):
        if begin != reached:
            raise HeaderError(f"{file}: {name!r} begins at byte {begin} of the numbers, expected {reached}.")
        reached = end
    return reached


def is_count(value: Any) -> bool:
    """Whether a value is a whole number of at least 0."""
    return type(value) is int and value >= 0


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
    files = read_object(raw, INDEX).get("weight_map")
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
    if pickles := sorted(files & set(PICKLES)):
        raise PickleError(
            f"The weights are there as {pickles[0]} alone, a pickle, which can run any code when it is read. "
            f"Only safetensors are read: save the model again, as {WEIGHTS}."
        )
    raise CheckpointError(f"There are no weights: neither {WEIGHTS} nor {INDEX}.")


def read_object(raw: bytes, file: str) -> dict[str, Any]:
    """A JSON object whose keys are all different; HeaderError names the file otherwise."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands there twice")
        return found

    try:
        parsed = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        raise HeaderError(f"{file} is not JSON: {problem}") from problem
    if not isinstance(parsed, dict):
        raise HeaderError(f"{file} holds a {type(parsed).__name__}, expected an object.")
    return parsed
