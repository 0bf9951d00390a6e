"""Tensors of a GGUF file, read one at a time."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attention_core.gguf.tensor_file import GGUFFile
from attention_core.weights.header import TensorInfo
from attention_core.weights.tensor_file import READABLE, TensorFile
from attention_core.weights.tensors import Tensors


class GGUFTensors(Tensors):
    """The tensors of a GGUF file by name; numbers are read when they are needed.

    metadata: key -> a number, a text, or a list of either
    Raises HeaderError, TruncatedError, or DtypeError.
    """

    metadata: Mapping[str, Any]

    def _open(self, path: Path) -> Mapping[str, TensorFile]:
        file = GGUFFile(path)
        self.metadata, self.bits = file.metadata, most_bits(file.infos)
        return dict.fromkeys(file.infos, file)


def most_bits(infos: Mapping[str, TensorInfo]) -> int | None:
    """The bits of the type that most numbers have, such as 4 for Q4_K; None for one that is not quantized."""
    sizes: Counter[str] = Counter()
    for info in infos.values():
        sizes[info.dtype] += info.size
    dtype = max(sizes, key=sizes.__getitem__, default="F32")
    digits = re.search(r"\d+", dtype)
    return int(digits[0]) if digits and dtype not in READABLE else None
