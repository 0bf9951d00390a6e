"""The header of a GGUF file: read as gguf's own reader does, or refused by name."""

import struct

import gguf
import numpy as np
import pytest

from attention_core.errors import CheckpointError, HeaderError, TruncatedError
from attention_core.gguf.header import read_gguf_header
from attention_core.gguf.tensors import GGUFTensors
from tests.gguf_files import finish, write_variant

NUMBERS = {
    "uint8": 200, "int8": -3, "uint16": 60000, "int16": -300, "uint32": 1 << 31, "int32": -70000, "uint64": 1 << 63,
    "int64": -(1 << 40), "float32": 0.5, "float64": 1e300, "bool": True,
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    """A file with a value of every type, lists, and a tensor."""
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    for kind, value in NUMBERS.items():
        getattr(writer, f"add_{kind}")(f"a.{kind}", value)
    writer.add_string("a.text", "“ü”")
    writer.add_array("a.texts", ["", "ü", "b" * 300])
    writer.add_array("a.numbers", [1, -2, 3])
    writer.add_array("a.flags", [True, False])
    writer.add_tensor("t", np.arange(6, dtype=np.float32).reshape(2, 3))
    finish(writer)
    return tmp_path / "model.gguf"


def read(path):
    with path.open("rb") as file:
        return read_gguf_header(file, path.name, path.stat().st_size)


def test_every_type_of_value(path):
    metadata = read(path).metadata
    assert {key.removeprefix("a."): value for key, value in metadata.items()} == {
        "general.architecture": "llama", **NUMBERS, "text": "“ü”", "texts": ["", "ü", "b" * 300],
        "numbers": [1, -2, 3], "flags": [True, False],
    }  # fmt: skip


def test_the_header_is_the_one_of_the_reference_reader(tmp_path):
    path = write_variant(tmp_path, "falcon-40b")[1]
    header, reference = read(path), gguf.GGUFReader(path)
    fields = {key: field.contents() for key, field in reference.fields.items() if not key.startswith("GGUF.")}
    assert header.metadata == fields
    assert {name: (info.dtype, info.shape, info.start) for name, info in header.tensors.items()} == {
        each.name: (each.tensor_type.name, tuple(reversed(each.shape.tolist())), each.data_offset)
        for each in reference.tensors
    }


def test_a_header_longer_than_what_is_read_at_once(path, monkeypatch):
    expected = read(path)
    monkeypatch.setattr("attention_core.gguf.header.READ_BYTES", 64)
    assert read(path) == expected


def test_a_file_that_ends_early_is_truncated_wherever_it_ends(path):
    whole = path.read_bytes()
    header_end = read(path).tensors["t"].start
    for end in [*range(4, header_end, 7), header_end, len(whole) - 9]:
        path.write_bytes(whole[:end])
        with pytest.raises(TruncatedError, match=r"model\.gguf is truncated: it "):
            GGUFTensors(path)


@pytest.mark.parametrize(
    ("at", "bytes", "message"),
    [
        (0, b"GGML", "model.gguf is not a GGUF file: it does not begin with GGUF."),
        (4, struct.pack("<I", 1), "model.gguf has version 1 of its format, which is not supported."),
        (4, struct.pack(">I", 3), "model.gguf is big-endian, which is not supported."),
        (16, struct.pack("<Q", 1 << 60), "model.gguf is truncated: it ends after"),
        (24, struct.pack("<Q", 1 << 60), "model.gguf is truncated: it ends after"),
        (32, b"\xff", "model.gguf has a text in its header that is not UTF-8"),
        (52, struct.pack("<I", 99), "'general.architecture' has a value of an unknown type, 99."),
    ],
)
def test_a_broken_header_is_refused(path, at, bytes, message):
    content = bytearray(path.read_bytes())
    content[at : at + len(bytes)] = bytes
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as raised:
        GGUFTensors(path)
    assert str(raised.value).startswith(("model.gguf: " if message.startswith("'") else "") + message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.add_uint32("general.alignment", 48), "general.alignment must be a power of two, got 48."),
        (lambda w: w.add_array("nested", [[1, 2], [3]]), "'nested' is a list of lists, which is not supported."),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path, change, message):
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    change(writer)
    writer.add_tensor("t", np.zeros(3, np.float32))
    finish(writer)
    with pytest.raises(HeaderError, match=f"model.gguf: {message}"):
        GGUFTensors(tmp_path / "model.gguf")


def entries(path, entry, count=1):
    """Write a file whose header has only entries of tensors."""
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, count, 0) + entry * count + bytes(200))
    return path


def tensor_entry(shape=(32,), dtype=0, offset=0):
    return struct.pack(f"<Q1sI{len(shape)}QIQ", 1, b"t", len(shape), *shape, dtype, offset)


@pytest.mark.parametrize(
    ("entry", "count", "message"),
    [
        (tensor_entry(), 2, "model.gguf has a duplicate tensor, 't'."),
        (tensor_entry((1,) * 5), 1, "model.gguf: 't' has 5 axes; at most 4 are possible."),
        (tensor_entry(dtype=99), 1, "model.gguf: 't' has an unknown type, 99."),
        (tensor_entry((1 << 62,)), 1, "model.gguf: the header's entry for 't' has no valid shape"),
        (tensor_entry((33,), dtype=2), 1, "model.gguf: 't' has rows of 33 numbers, Q4_0 blocks of 32."),
        (tensor_entry(offset=1000), 1, "model.gguf is truncated: it has "),
    ],
)
def test_entries_of_tensors_are_checked(tmp_path, entry, count, message):
    with pytest.raises(CheckpointError) as raised:
        GGUFTensors(entries(tmp_path / "model.gguf", entry, count))
    assert str(raised.value).startswith(message)
