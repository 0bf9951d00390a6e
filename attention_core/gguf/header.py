"""The header of a GGUF file: its metadata, and type, shape and offset of each tensor, checked against the file.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType

from attention_core.errors import HeaderError, TruncatedError
from attention_core.weights.header import LONGEST_HEADER, MAX_ELEMENTS, TensorInfo, truncated

MAGIC, VERSIONS = b"GGUF", (2, 3)
ALIGNMENT_KEY, DEFAULT_ALIGNMENT = "general.alignment", 32
MAX_AXES = 4  # of a tensor, as in the reference implementation
READ_BYTES = 1 << 22  # bytes read at once
FORMATS = {
    GGUFValueType.UINT8: "B", GGUFValueType.INT8: "b", GGUFValueType.UINT16: "H", GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I", GGUFValueType.INT32: "i", GGUFValueType.FLOAT32: "f", GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q", GGUFValueType.INT64: "q", GGUFValueType.FLOAT64: "d",
}  # fmt: skip
"""The format of each type of number, as in the module struct."""

Item = TypeVar("Item")
LENGTH = struct.Struct("<Q")
TENSOR_END = struct.Struct("<IQ")  # a tensor's type, and its offset from the first tensor


@dataclass(frozen=True)
class GGUFHeader:
    """The header of a GGUF file.

    metadata: key -> a number, a text, or a list of either
    tensors:  name -> type, shape with the last axis contiguous, and first byte in the file
    """

    metadata: dict[str, Any]
    tensors: dict[str, TensorInfo]


def read_gguf_header(file: BinaryIO, name: str, size: int) -> GGUFHeader:
    """The header of an open file, checked against the file's size.

    name, size: of the file, the size in bytes
    Raises HeaderError or TruncatedError.
    """
    header = HeaderBytes(file, name, size)
    if header.take(4) != MAGIC:
        raise HeaderError(f"{name} is not a GGUF file: it does not begin with {MAGIC.decode()}.")
    version = header.number("I")
    if version not in VERSIONS:
        reason = "is big-endian" if version & 0xFFFF == 0 else f"has version {version} of its format"
        raise HeaderError(f"{name} {reason}, which is not supported. Convert the model again.")
    n_tensors, n_keys = header.number("Q"), header.number("Q")
    metadata = header.items(n_keys, header.value, "metadata key")
    entries = header.items(n_tensors, header.tensor, "tensor")
    alignment = metadata.get(ALIGNMENT_KEY, DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or not 0 < alignment <= READ_BYTES or alignment & (alignment - 1):
        raise HeaderError(f"{name}: {ALIGNMENT_KEY} must be a power of two, got {alignment!r}.")
    data = -(-header.at // alignment) * alignment
    tensors = {key: TensorInfo(each.dtype, each.shape, data + each.start) for key, each in entries.items()}
    end = max((each.start + stored_bytes(key, each, name) for key, each in tensors.items()), default=0)
    if end > size:
        raise truncated(name, size, end)
    return GGUFHeader(metadata, tensors)


def stored_bytes(tensor: str, info: TensorInfo, file: str) -> int:
    """The number of bytes of a tensor; HeaderError when its rows are not a whole number of blocks."""
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[info.dtype]]
    if info.shape[-1] % block:
        raise HeaderError(f"{file}: {tensor!r} has rows of {info.shape[-1]} numbers, {info.dtype} blocks of {block}.")
    return info.size // block * size


class HeaderBytes:
    """The bytes of a header, read from the file as far as they are needed.

    at: the number of bytes that were taken
    """

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self._file, self._name, self._size = file, name, size
        self._bytes, self.at = bytearray(), 0

    def require(self, end: int) -> None:
        """Read the file up to a byte; raises TruncatedError or HeaderError."""
        if end > self._size:
            raise TruncatedError(
                f"{self._name} is truncated: it ends after {self._size} bytes, inside its header. Download it again."
            )
        if end > LONGEST_HEADER:
            raise HeaderError(f"{self._name} has a header of more than {LONGEST_HEADER:,} bytes, which is the limit.")
        while len(self._bytes) < end:
            more = self._file.read(READ_BYTES)
            if not more:
                raise truncated(self._name, len(self._bytes), self._size)
            self._bytes += more

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.require(end := self.at + count)
        taken, self.at = bytes(self._bytes[self.at : end]), end
        return taken

    def number(self, format: str) -> Any:
        """The next number."""
        return self.numbers(format, 1)[0]

    def numbers(self, format: str, count: int) -> tuple[Any, ...]:
        """The next numbers, all of the same type."""
        raw = self.take(count * struct.calcsize(f"<{format}"))
        return struct.unpack(f"<{count}{format}", raw)

    def texts(self, count: int) -> list[str]:
        """The next texts; HeaderError for one that is not UTF-8."""
        found, at, unpack = [], self.at, LENGTH.unpack_from
        self.require(at + count * LENGTH.size)
        for _ in range(count):
            if at + LENGTH.size > len(self._bytes):
                self.require(at + LENGTH.size)
            start = at + LENGTH.size
            at = start + unpack(self._bytes, at)[0]
            if at > len(self._bytes):
                self.require(at)
            found.append(self._bytes[start:at])
        self.at = at
        try:
            return [text.decode() for text in found]
        except UnicodeDecodeError as problem:
            raise HeaderError(f"{self._name} has a text in its header that is not UTF-8: {problem}.") from problem

    def value(self, key: str) -> Any:
        """The next value of the metadata: a number, a text, or a list of either."""
        kind = self._kind(key)
        if kind is not GGUFValueType.ARRAY:
            return self.texts(1)[0] if kind is GGUFValueType.STRING else self.number(FORMATS[kind])
        kind, count = self._kind(key), self.number("Q")
        if kind is GGUFValueType.ARRAY:
            raise HeaderError(f"{self._name}: {key!r} is a list of lists, which is not supported.")
        return self.texts(count) if kind is GGUFValueType.STRING else list(self.numbers(FORMATS[kind], count))

    def _kind(self, key: str) -> GGUFValueType:
        number = self.number("I")
        try:
            return GGUFValueType(number)
        except ValueError:
            raise HeaderError(f"{self._name}: {key!r} has a value of an unknown type, {number}.") from None

    def tensor(self, name: str) -> TensorInfo:
        """The next entry of a tensor; its first byte is counted from that of the first tensor."""
        n_axes = self.number("I")
        if n_axes > MAX_AXES:
            raise HeaderError(f"{self._name}: {name!r} has {n_axes} axes; at most {MAX_AXES} are possible.")
        shape = tuple(reversed(self.numbers("Q", n_axes))) or (1,)
        kind, start = TENSOR_END.unpack(self.take(TENSOR_END.size))
        try:
            dtype = GGMLQuantizationType(kind).name
        except ValueError:
            raise HeaderError(f"{self._name}: {name!r} has an unknown type, {kind}.") from None
        if math.prod(max(length, 1) for length in shape) > MAX_ELEMENTS:
            raise HeaderError(f"{self._name}: the header's entry for {name!r} has no valid shape: {list(shape)}.")
        return TensorInfo(dtype, shape, start)

    def items(self, count: int, read: Callable[[str], Item], kind: str) -> dict[str, Item]:
        """The next entries, each after its name; HeaderError for a duplicate name."""
        found: dict[str, Item] = {}
        for _ in range(count):
            name = self.texts(1)[0]
            if name in found:
                raise HeaderError(f"{self._name} has a duplicate {kind}, {name!r}.")
            found[name] = read(name)
        return found
