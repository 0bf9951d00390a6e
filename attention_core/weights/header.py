"""The header of a safetensors file: type, shape and offset of each tensor, checked against the file.

Source: https://huggingface.co/docs/safetensors
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from attention_core.errors import HeaderError, TruncatedError
from attention_core.files import read_object

ITEM_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
LONGEST_HEADER = 100_000_000  # bytes, as in the reference implementation
MAX_AXES, MAX_ELEMENTS = 64, 1 << 60  # of a NumPy array


@dataclass(frozen=True)
class TensorInfo:
    """A tensor's type, its shape, and its first byte in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


def read_header(file: BinaryIO, name: str, size: int) -> dict[str, TensorInfo]:
    """The tensors of an open file by name, checked against the file's size.

    name, size: of the file, the size in bytes
    Raises HeaderError or TruncatedError.
    """
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > LONGEST_HEADER:
        raise HeaderError(f"{name} is not a safetensors file: it does not begin with the length of a header.")
    raw = file.read(length)
    if len(raw) < length:
        if raw[:1] not in (b"", b"{"):
            raise HeaderError(f"{name} is not a safetensors file: no header follows its first 8 bytes.")
        raise TruncatedError(f"{name} is truncated: it ends after {size} bytes, inside its header. Download it again.")
    entries = read_object(raw, name, HeaderError)
    entries.pop("__metadata__", None)
    data = 8 + length
    spans = {tensor: read_span(tensor, entry, name) for tensor, entry in entries.items()}
    end = check_spans(spans, name)
    if data + end > size:
        raise truncated(name, size, data + end)
    if data + end < size:
        raise HeaderError(f"{name} has {size - data - end} bytes more than its header declares.")
    return {tensor: TensorInfo(dtype, shape, data + begin) for tensor, (dtype, shape, begin, _) in spans.items()}


def truncated(name: str, size: int, expected: int) -> TruncatedError:
    """The error for a file that has fewer bytes than expected."""
    return TruncatedError(f"{name} is truncated: it has {size} bytes of {expected}. Download it again.")


Span = tuple[str, tuple[int, ...], int, int]
"""A tensor's type, shape, first byte and the byte after its last, counted from the end of the header."""


def read_span(name: str, entry: Any, file: str) -> Span:
    """A header's entry for one tensor; HeaderError when type, shape and offsets do not fit together."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]} if (
            len(shape) <= MAX_AXES and all(map(is_count, [*shape, begin, end])) and begin <= end and len(entry) == 3
        ):
            if dtype in ITEM_BYTES and end - begin != math.prod(shape) * ITEM_BYTES[dtype]:
                raise HeaderError(
                    f"{file}: {name!r} has {end - begin} bytes, but {dtype} of shape {shape} needs "
                    f"{math.prod(shape) * ITEM_BYTES[dtype]}."
                )
            if math.prod(max(length, 1) for length in shape) <= MAX_ELEMENTS:  # so that an empty array has this shape
                return dtype, tuple(shape), begin, end
    raise HeaderError(f"{file}: the header's entry for {name!r} has no valid type, shape and offsets.")


def check_spans(spans: Mapping[str, Span], file: str) -> int:
    """The byte after the last tensor; HeaderError when tensors overlap or leave a gap."""
    reached = 0
    for name, (_, _, begin, end) in sorted(spans.items(), key=lambda item: item[1][2:]):
        if begin != reached:
            raise HeaderError(f"{file}: {name!r} begins at byte {begin} of the data, expected {reached}.")
        reached = end
    return reached


def is_count(value: Any) -> bool:
    """Whether a value is an integer of at least 0, in 64 bits."""
    return type(value) is int and 0 <= value < 1 << 63
