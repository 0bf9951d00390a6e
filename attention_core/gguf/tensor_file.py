"""One GGUF file, whose quantized numbers are dequantized as they are read."""

import functools
import math
from bisect import bisect_right
from collections.abc import Mapping
from io import FileIO
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from attention_core.arrays import Array
from attention_core.config.model_config import is_integer
from attention_core.errors import DtypeError
from attention_core.gguf.header import read_gguf_header
from attention_core.weights.header import TensorInfo
from attention_core.weights.stored_view import StoredView, contiguous_view
from attention_core.weights.tensor_file import TensorFile

FLOAT32 = np.dtype("<f4")
PERMUTED = {".attn_q.": "attention.head_count", ".attn_k.": "attention.head_count_kv"}
"""In a Llama's tensors of queries and keys: part of the name -> the metadata with their number of heads."""


class GGUFFile(TensorFile):
    """A GGUF file, which must not change from now on.

    Its views are those of float32 numbers, one tensor after another; what they stand for is read and dequantized.

    metadata: key -> a number, a text, or a list of either
    """

    metadata: Mapping[str, Any]

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._names = list(self.infos)
        *self._starts, _ = accumulate((info.size for info in self.infos.values()), initial=0)  # in numbers
        self._start = dict(zip(self._names, self._starts, strict=True))
        self._orders = {name: row_order(self.metadata, name, info) for name, info in self.infos.items()}

    def _read_infos(self, file: BinaryIO, size: int) -> Mapping[str, TensorInfo]:
        header = read_gguf_header(file, self.path.name, size)
        self.metadata = header.metadata
        return header.tensors

    def info(self, name: str) -> TensorInfo:
        """A tensor's type, shape and offset; DtypeError when its type cannot be dequantized."""
        info = self.infos[name]
        if not can_dequantize(info.dtype):
            raise DtypeError(
                f"{name!r} in {self.path.name} has type {info.dtype}, which is not supported. Quantize the model to "
                "another type, such as Q4_K or Q8_0."
            )
        return info

    def stored(self, name: str) -> StoredView:
        """The view of a tensor; DtypeError when its type cannot be dequantized."""
        return contiguous_view(FLOAT32, self._start[name] * FLOAT32.itemsize, self.info(name).shape)

    def _read(self, file: FileIO, view: StoredView, out: Array) -> None:
        """Dequantize the blocks or rows that contain a view."""
        start = view.start // FLOAT32.itemsize
        name = self._names[bisect_right(self._starts, start) - 1]
        first = start - self._start[name]
        end = first + view.span // FLOAT32.itemsize
        info, order = self.infos[name], self._orders[name]
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType[info.dtype]]
        unit = block if order is None else math.prod(info.shape[1:])
        units = np.arange(first // unit, -(-end // unit))
        if order is not None:
            units = order[units]
        lowest, unit_bytes = units.min(), unit // block * size
        raw = np.empty((units.max() + 1 - lowest, unit_bytes), np.uint8)
        self._read_bytes(file, info.start + int(lowest) * unit_bytes, raw.reshape(-1))
        if order is not None:
            raw = raw[units - lowest]
        with np.errstate(all="ignore"):  # a scale may be infinite, or not a number
            numbers = dequantize(raw.reshape(1, -1), GGMLQuantizationType[info.dtype])[0]
        out[...] = np.lib.stride_tricks.as_strided(numbers[first % unit :], view.shape, view.strides)


@functools.cache
def can_dequantize(dtype: str) -> bool:
    """Whether there is a dequantizer for a type."""
    kind = GGMLQuantizationType[dtype]
    try:
        dequantize(np.zeros((1, GGML_QUANT_SIZES[kind][1]), np.uint8), kind)
    except NotImplementedError:
        return False
    return True


def row_order(metadata: Mapping[str, Any], name: str, info: TensorInfo) -> np.ndarray | None:
    """For each row of a tensor, its row in the file; None where the order is the same.

        row [head, half, pair] of a Llama's queries and keys is row [head, pair, half] in the file

    The file has the two dimensions of each rotated pair next to each other.
    """
    key = next((key for part, key in PERMUTED.items() if part in name), None)
    if metadata.get("general.architecture") != "llama" or key is None:
        return None
    n_heads = metadata.get(f"llama.{key}", metadata.get("llama.attention.head_count"))
    rows = info.shape[0]
    if not is_integer(n_heads, 1) or rows % (2 * n_heads):
        return None  # refused when the shapes are compared with the configuration
    if len(info.shape) == 1 and info.dtype != "F32":
        raise DtypeError(f"{name!r} has type {info.dtype}; biases are supported as F32.")
    return np.arange(rows).reshape(n_heads, -1, 2).swapaxes(1, 2).reshape(-1)
