"""Reading safetensors: every type bit for bit, and every kind of broken file refused by name."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attention_core.errors import (
    AttentionLabError,
    CheckpointError,
    DtypeError,
    HeaderError,
    MissingShardError,
    PickleError,
    TruncatedError,
)
from attention_core.weights.tensor_file import to_float32
from attention_core.weights.tensors import INDEX, WEIGHTS, Tensors

HALVES = np.arange(1 << 16, dtype=np.uint16)  # every 16-bit pattern


def pack(header, data=b""):
    """A safetensors file with this header and these bytes."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def one(dtype="F32", shape=(2, 3), offsets=(0, 24), **more):
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}}


def write_weights(folder, content):
    (folder / WEIGHTS).write_bytes(content)
    return folder


def write_shards(folder, shards, weight_map=None):
    for file, tensors in shards.items():
        save_file(tensors, folder / file)
    if weight_map is None:
        weight_map = {name: file for file, tensors in shards.items() for name in tensors}
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return folder


def test_a_stored_tensor_is_found_in_the_file(tmp_path):
    array = np.random.default_rng(1).normal(size=(5, 7, 3)).astype(np.float32)
    save_file({"a": array, "b": array[0]}, tmp_path / WEIGHTS, metadata={"format": "pt"})
    tensors = Tensors(tmp_path)
    assert sorted(tensors) == ["a", "b"]
    assert (len(tensors), tensors.shape("a")) == (2, (5, 7, 3))
    stored = tensors.stored("a")
    assert (stored.shape, stored.strides, stored.dtype) == (array.shape, array.strides, np.float32)
    content = (tmp_path / WEIGHTS).read_bytes()
    assert content[stored.start : stored.start + stored.span] == array.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_numbers_are_read_block_by_block_into_a_buffer(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr("attention_core.weights.tensor_file.CONVERSION_BLOCK", 11)
    array = np.random.default_rng(2).normal(size=(5, 7)).astype(dtype)
    save_file({"a": array, "b": array[:3]}, tmp_path / WEIGHTS)
    buffer = np.full((5, 7), np.nan, np.float32)
    tensors = Tensors(tmp_path)
    assert tensors.read("a", buffer) is buffer
    np.testing.assert_array_equal(buffer, array)
    np.testing.assert_array_equal(tensors.read("b"), array[:3])


def test_a_file_that_has_changed_is_not_read(tmp_path):
    save_file({"a": np.ones(5, np.float32)}, tmp_path / WEIGHTS)
    tensors = Tensors(tmp_path)
    save_file({"a": np.zeros(5, np.float32)}, tmp_path / "other")
    (tmp_path / "other").replace(tmp_path / WEIGHTS)
    with pytest.raises(CheckpointError, match=f"{WEIGHTS} has changed since the model was loaded"):
        tensors.read("a")
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=f"{WEIGHTS} can no longer be read"):
        tensors.read("a")


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 5), (1, 1), (1,) * 64])
def test_scalars_and_empty_tensors(tmp_path, shape):
    array = np.full(shape, 2.5, np.float32)
    save_file({"a": array, "z": np.ones(3, np.float32)}, tmp_path / WEIGHTS)
    np.testing.assert_array_equal(Tensors(tmp_path).read("a"), array)


def test_every_float16_is_the_float32_of_the_same_value(tmp_path):
    save_file({"a": HALVES.view(np.float16).reshape(256, 256)}, tmp_path / WEIGHTS)
    read = Tensors(tmp_path).read("a")
    assert read.shape == (256, 256)
    np.testing.assert_array_equal(read.reshape(-1), HALVES.view(np.float16).astype(np.float32))


@pytest.mark.parametrize("reused", [False, True])
def test_every_bfloat16_is_the_upper_half_of_a_float32(tmp_path, reused):
    header = one("BF16", (256, 256), (0, 2 << 16))
    write_weights(tmp_path, pack(header, HALVES.tobytes()))
    buffer = np.full((256, 256), np.nan, np.float32) if reused else None
    read = Tensors(tmp_path).read("a", buffer)
    bits = read.reshape(-1).view(np.uint32)
    np.testing.assert_array_equal(bits >> 16, HALVES)
    np.testing.assert_array_equal(bits & 0xFFFF, 0)
    assert reused == (read is buffer)


def test_bfloat16_of_known_values():
    out = np.empty(4, np.float32)
    to_float32(np.array([0x3F80, 0xC049, 0x7F80, 0x0001], np.uint16), out)
    assert out.tolist() == [1.0, -3.140625, math.inf, 2.0**-133]


def test_unaligned_numbers_are_read(tmp_path):
    header = {
        "byte": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
        "a": {"dtype": "F32", "shape": [3], "data_offsets": [1, 13]},
    }
    write_weights(tmp_path, pack(header, b"\x07" + np.array([1.5, -2, 3], "<f4").tobytes()))
    assert Tensors(tmp_path).read("a").tolist() == [1.5, -2, 3]


@pytest.mark.parametrize("dtype", ["F64", "I64", "BOOL", "F8_E4M3", "NEW"])
def test_an_unsupported_type_is_refused_by_name_when_it_is_read(tmp_path, dtype):
    size = {"F64": 8, "I64": 8}.get(dtype, 1)
    write_weights(tmp_path, pack(one(dtype, (3,), (0, 3 * size)), bytes(3 * size)))
    tensors = Tensors(tmp_path)
    assert tensors.shape("a") == (3,)
    with pytest.raises(DtypeError, match=f"'a' in {WEIGHTS} has type {dtype}"):
        tensors["a"]


def test_an_unknown_tensor_name(tmp_path):
    write_weights(tmp_path, pack(one(), bytes(24)))
    with pytest.raises(KeyError):
        Tensors(tmp_path)["b"]
    assert "b" not in Tensors(tmp_path)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", HeaderError, "does not begin"),
        (b"\1\0\0", HeaderError, "does not begin"),
        (b"version https://git-lfs", HeaderError, "does not begin"),
        (pack(one(), bytes(24))[:8], TruncatedError, "ends after 8 bytes, inside its header"),
        (pack(one(), bytes(24))[:30], TruncatedError, "ends after 30 bytes, inside its header"),
        (pack(one(), bytes(23)), TruncatedError, r"has (\d+) bytes of"),
        (pack(one(), bytes(25)), HeaderError, "1 bytes more"),
        (pack(b"{nonsense"), HeaderError, "not valid JSON"),
        (pack(b"\xff\xfe"), HeaderError, "not valid JSON"),
        (pack(b"[" * 100_000), HeaderError, "not valid JSON"),
        (pack([1]), HeaderError, "must be a JSON object, got a list"),
        (pack(b'{"a": 1, "a": 1}'), HeaderError, "duplicate key"),
        (pack({"a": 3}), HeaderError, "'a' has no valid type"),
        (pack(one(dtype=4), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(more=1), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=(2, -3)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=(2, 3.0)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=(6, True)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(offsets=(24, 0)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(offsets=(0,)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(offsets=(-24, 0)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=(2, 2)), bytes(24)), HeaderError, r"'a' has 24 bytes, but F32 of shape \[2, 2\] needs 16"),
        (pack(one(dtype="F16"), bytes(24)), HeaderError, "needs 12"),
        (pack(one(shape=(1 << 40, 1 << 40)), bytes(24)), HeaderError, "'a' has 24 bytes"),
        (pack(one(shape=("9" * 4000,)), bytes(24)).replace(b'"999', b"9999").replace(b'999"', b"9999"), HeaderError,
         "Exceeds the limit of 40 digits"),
        (pack(one(shape=(1 << 63, 0)), bytes(24)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=(0, 1 << 60, 2), offsets=(0, 0))), HeaderError, "'a' has no valid type"),
        (pack(one(shape=[1] * 65, offsets=(0, 4)), bytes(4)), HeaderError, "'a' has no valid type"),
        (pack(one(shape=[(1 << 63) - 1] * 64), bytes(24)), HeaderError, "'a' has 24 bytes, but F32 of shape"),
        (pack(one(offsets=(4, 28)), bytes(28)), HeaderError, "'a' begins at byte 4 of the data, expected 0"),
        (pack(one() | {"b": one()["a"]}, bytes(24)), HeaderError, "'b' begins at byte 0 of the data, expected 24"),
    ],
)
def test_a_broken_file_is_named(tmp_path, content, error, said):
    write_weights(tmp_path, content)
    with pytest.raises(error, match=said) as raised:
        Tensors(tmp_path)
    assert WEIGHTS in str(raised.value)


@given(st.data())
def test_arbitrary_bytes_raise_no_other_error(tmp_path_factory, data):
    whole = pack(one("BF16", (2, 3), (0, 12)), bytes(range(12)))
    broken = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    broken = bytes(broken[: data.draw(st.integers(0, len(whole)))])
    folder = write_weights(tmp_path_factory.mktemp("fuzz"), broken)
    try:
        tensors = Tensors(folder)
        for name in tensors:
            assert tensors.read(name).size * 2 <= 12
    except AttentionLabError:
        assert broken != whole


def test_shards_are_read_as_one(tmp_path):
    first, second = {"a": np.ones(3, np.float32)}, {"b": np.arange(5, dtype=np.float16), "c": np.zeros(2, np.float32)}
    write_shards(tmp_path, {"model-1-of-2.safetensors": first, "model-2-of-2.safetensors": second})
    tensors = Tensors(tmp_path)
    assert {name: tensors.read(name).tolist() for name in tensors} == {
        "a": [1, 1, 1],
        "b": [0, 1, 2, 3, 4],
        "c": [0, 0],
    }


def test_a_single_file_comes_before_an_index(tmp_path):
    write_shards(tmp_path, {"x.safetensors": {"a": np.ones(3, np.float32)}})
    save_file({"b": np.ones(2, np.float32)}, tmp_path / WEIGHTS)
    assert list(Tensors(tmp_path)) == ["b"]


def test_a_missing_shard_is_named(tmp_path):
    write_shards(
        tmp_path, {"x.safetensors": {"a": np.ones(3, np.float32)}}, {"a": "x.safetensors", "b": "y.safetensors"}
    )
    with pytest.raises(MissingShardError, match=r"no y\.safetensors"):
        Tensors(tmp_path)


def test_a_truncated_shard_is_named(tmp_path):
    write_shards(tmp_path, {"x.safetensors": {"a": np.ones(3, np.float32)}})
    path = tmp_path / "x.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TruncatedError, match=r"x\.safetensors"):
        Tensors(tmp_path)


@pytest.mark.parametrize(
    "file", ["../x.safetensors", "/etc/x.safetensors", "a/x.safetensors", "..\\x.safetensors", "C:x.safetensors",
             "x.bin", "x\0.safetensors", 3, None],
)  # fmt: skip
def test_an_index_lists_only_files_in_its_folder(tmp_path, file):
    write_shards(tmp_path, {}, {"a": file})
    with pytest.raises(HeaderError, match="not a safetensors file in the same folder"):
        Tensors(tmp_path)


@pytest.mark.parametrize(
    ("index", "said"),
    [("{}", "no weight_map"), ('{"weight_map": {}}', "no weight_map"), ("[]", "must be a JSON object, got a list"),
     ("{", "not valid JSON")],
)  # fmt: skip
def test_a_broken_index(tmp_path, index, said):
    (tmp_path / INDEX).write_text(index)
    with pytest.raises(HeaderError, match=said):
        Tensors(tmp_path)


def test_an_index_that_lists_a_tensor_in_the_wrong_file(tmp_path):
    write_shards(tmp_path, {"x.safetensors": {"a": np.ones(3, np.float32)}}, {"b": "x.safetensors"})
    with pytest.raises(HeaderError, match=r"'b' in x\.safetensors, which does not contain it"):
        Tensors(tmp_path)


@pytest.mark.parametrize("pickle", ["pytorch_model.bin", "pytorch_model.bin.index.json"])
def test_only_pickles_are_refused_with_the_reason(tmp_path, pickle):
    (tmp_path / pickle).write_bytes(b"\x80\x02")
    with pytest.raises(PickleError, match=f"The only weights are {pickle}, a pickle, which can run any code"):
        Tensors(tmp_path)


@pytest.mark.parametrize(
    ("file", "error", "said"),
    [
        ("pytorch_model-00001-of-00002.bin", PickleError, "a pickle"),
        ("tf_model.h5", CheckpointError, "a TensorFlow file, is not supported"),
        ("flax_model.msgpack", CheckpointError, "a Flax file, is not supported"),
        ("model-q4.gguf", CheckpointError, r"a llama\.cpp file, is not supported"),
        ("adapter_model.safetensors", CheckpointError, "an adapter to another model, is not supported"),
        ("model.fp16.safetensors", CheckpointError, f"a file that no {INDEX} lists, is not supported"),
    ],
)
def test_other_forms_of_weights_are_named(tmp_path, file, error, said):
    (tmp_path / file).write_bytes(b"")
    with pytest.raises(error, match=f"{file}.*{said}"):
        Tensors(tmp_path)


@pytest.mark.parametrize("raw", [b"PK\3\4" + bytes(4) + b"archive", b"\x80\x04\x95\x02" + bytes(4) + b"pickle"])
def test_what_is_called_safetensors_and_is_none(tmp_path, raw):
    (tmp_path / WEIGHTS).write_bytes(raw)
    with pytest.raises(HeaderError, match=f"{WEIGHTS} is not a safetensors file: no header follows"):
        Tensors(tmp_path)


def test_no_weights_at_all(tmp_path):
    with pytest.raises(CheckpointError, match=f"neither {WEIGHTS} nor {INDEX}"):
        Tensors(tmp_path)
