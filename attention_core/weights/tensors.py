"""Tensors of a safetensors checkpoint, read one at a time: a single file, or shards with an index.

Source of the format: https://huggingface.co/docs/safetensors
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NoReturn

import numpy as np

from attention_core.arrays import Array
from attention_core.errors import CheckpointError, HeaderError, MissingShardError, PickleError
from attention_core.files import read_object
from attention_core.weights.header import TensorInfo
from attention_core.weights.stored_view import StoredView
from attention_core.weights.tensor_file import TensorFile

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

COMPARED_BLOCK = 1 << 20  # numbers of each of two tensors that are compared

class Tensors(Mapping[str, TensorInfo]):
    """The tensors of a model's folder by name; numbers are read when they are needed.

    Raises CheckpointError or one of its subclasses: no weights, only pickles, a broken header, a truncated file, a
    missing shard.
    """

    bits: int | None = None
    """The bits of most numbers, if they are quantized."""

    def __init__(self, path: Path) -> None:
        self._files = self._open(path)

    def _open(self, folder: Path) -> Mapping[str, TensorFile]:
        """Tensor name -> its file."""
        if (folder / WEIGHTS).is_file():
            file = TensorFile(folder / WEIGHTS)
            return dict.fromkeys(file.infos, file)
        if (folder / INDEX).is_file():
            return open_shards(folder)
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
        """A tensor as float32, written into `out` if given, which must be of its shape.

        Raises DtypeError for any type but float32, float16 and bfloat16, TruncatedError or CheckpointError when the
        file has changed since it was opened.
        """
        if out is None:
            out = np.empty(self[name].shape, np.float32)
        self.file(name).fill(self.stored(name), out)
        return out

    def stored(self, name: str) -> StoredView:
        """The view of a tensor in its file; nothing is read. DtypeError as for `read`."""
        return self._files[name].stored(name)

    def same(self, one: str, other: str) -> bool:
        """Whether two tensors hold the same numbers."""
        pairs = zip(self._blocks(one), self._blocks(other), strict=True)
        return self.shape(one) == self.shape(other) and all(np.array_equal(a, b) for a, b in pairs)

    def _blocks(self, name: str) -> Iterator[Array]:
        """The numbers of a tensor as float32, block by block."""
        flat = self.stored(name).reshape(-1)
        for start in range(0, flat.size, COMPARED_BLOCK):
            block = flat[start : start + COMPARED_BLOCK]
            self.file(name).fill(block, numbers := np.empty(block.shape, np.float32))
            yield numbers


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
