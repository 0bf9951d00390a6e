"""Quantized tensors: every type as the reference dequantizes it, wherever a part begins, and in its own order."""

import gguf
import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

import attention_core as ac
from attention_core.errors import DtypeError
from attention_core.gguf.tensor_file import can_dequantize
from attention_core.gguf.tensors import GGUFTensors, most_bits
from attention_core.weights import tensor_file
from attention_core.weights.header import TensorInfo
from attention_core.weights.memory import SETTING
from attention_core.weights.stored_array import StoredArray
from tests.attention_core.weights.test_tensor_file import run_child
from tests.gguf_files import finish, write_variant

TYPES = [kind.name for kind in GGMLQuantizationType if can_dequantize(kind.name)]
NEEDED = {
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
    "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ1_S", "IQ1_M", "TQ1_0", "TQ2_0", "MXFP4",
}  # fmt: skip


def write_blocks(path, dtype, shape=(5, 512), architecture="qwen2", name="t"):
    """A file with a tensor of random blocks; returns its numbers as the reference dequantizes them."""
    kind = GGMLQuantizationType[dtype]
    block, size = GGML_QUANT_SIZES[kind]
    raw = np.random.default_rng(0).integers(0, 256, (*shape[:-1], shape[-1] // block * size), np.uint8)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_tensor("before", np.ones(7, np.float32))
    writer.add_tensor(name, raw, raw_dtype=kind)
    writer.add_tensor("after", np.ones(7, np.float32))
    finish(writer)
    with np.errstate(all="ignore"):
        return gguf.dequantize(raw, kind)


def quarters(name, array):
    """The type of a tensor in a model of 4 bits."""
    return "Q4_0" if array.ndim == 2 else "F32"


def test_the_types_of_published_files_are_supported():
    assert set(TYPES) >= NEEDED


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_is_read_as_the_reference_reads_it(tmp_path, dtype):
    expected = write_blocks(tmp_path / "model.gguf", dtype)
    tensors = GGUFTensors(tmp_path / "model.gguf")
    np.testing.assert_array_equal(tensors.read("t"), expected)
    np.testing.assert_array_equal(tensors.read("before"), np.ones(7))
    np.testing.assert_array_equal(tensors.read("after"), np.ones(7))


@pytest.mark.parametrize("dtype", ["F16", "Q4_0", "Q6_K"])
@pytest.mark.parametrize("block", [64, 1 << 17])
def test_any_part_is_read(tmp_path, monkeypatch, dtype, block):
    monkeypatch.setattr(tensor_file, "CONVERSION_BLOCK", block)
    expected = write_blocks(tmp_path / "model.gguf", dtype)
    tensors = GGUFTensors(tmp_path / "model.gguf")
    stored = StoredArray(tensors.file("t"), tensors.stored("t"))
    for part in (np.s_[:], np.s_[3], np.s_[4, 511], np.s_[:, 100], np.s_[1:4, 33:300:7], np.s_[2:, 255:257]):
        np.testing.assert_array_equal(stored[part], expected[part])
    np.testing.assert_array_equal(stored.T[100:120], expected.T[100:120])
    np.testing.assert_array_equal(stored.take(np.array([4, 0, 4]), 0), expected[[4, 0, 4]])


def test_a_type_without_a_dequantizer_is_refused_by_name(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    writer.add_tensor("t", np.zeros(3, np.float64))
    finish(writer)
    tensors = GGUFTensors(tmp_path / "model.gguf")
    with pytest.raises(DtypeError, match=r"'t' in model\.gguf has type F64, which is not supported\."):
        tensors.read("t")


@pytest.mark.parametrize("dtype", ["F32", "Q4_0"])
@pytest.mark.parametrize(("name", "heads"), [("blk.0.attn_q.weight", 6), ("blk.0.attn_k.weight", 2)])
def test_the_rows_of_a_llama_are_put_back(tmp_path, monkeypatch, dtype, name, heads):
    path = tmp_path / "model.gguf"
    monkeypatch.setattr(gguf.GGUFWriter, "__init__", with_heads(gguf.GGUFWriter.__init__))
    stored = write_blocks(path, dtype, (24, 64), "llama", name)
    expected = stored.reshape(heads, -1, 2, 64).swapaxes(1, 2).reshape(24, 64)
    tensors = GGUFTensors(path)
    np.testing.assert_array_equal(tensors.read(name), expected)
    array = StoredArray(tensors.file(name), tensors.stored(name))
    for part in (np.s_[5], np.s_[3:9], np.s_[:, 40], np.s_[20:, 31:33]):
        np.testing.assert_array_equal(array[part], expected[part])


def with_heads(make):
    """A writer that begins with the number of heads."""

    def make_with_heads(self, *arguments):
        make(self, *arguments)
        self.add_head_count(6)
        self.add_head_count_kv(2)

    return make_with_heads


@pytest.mark.parametrize(
    ("types", "bits"),
    [({"Q4_1": 100, "Q8_0": 30, "F32": 5}, 4), ({"Q6_K": 9}, 6), ({"IQ4_NL": 9}, 4), ({"F16": 9, "Q4_0": 8}, None),
     ({"BF16": 9}, None), ({}, None)],
)  # fmt: skip
def test_the_bits_of_most_numbers(types, bits):
    assert most_bits({dtype: TensorInfo(dtype, (size,), 0) for dtype, size in types.items()}) == bits


def test_a_model_knows_its_bits(tmp_path):
    assert ac.load(write_variant(tmp_path / "a", "llama")[1]).weights.bits is None
    assert ac.load(write_variant(tmp_path / "b", "llama-32", quantize=quarters)[1]).weights.bits == 4


@pytest.mark.parametrize(("change", "when"), [("truncate", 3), ("empty", 40), ("truncate", 150)])
def test_a_file_that_is_cut_off_while_it_is_read_is_reported(tmp_path, change, when):
    path = write_variant(tmp_path, "llama-32", quantize=quarters)[1]
    assert run_child(path, change, when).startswith("TruncatedError model.gguf is truncated")


@pytest.mark.parametrize(
    ("change", "said"), [("delete", "can no longer be read. Load"), ("replace", "has changed since the model was")]
)
def test_a_file_that_is_deleted_or_replaced_during_a_run_is_reported(tmp_path, change, said):
    path = write_variant(tmp_path, "llama-32", quantize=quarters)[1]
    assert run_child(path, change, 40).startswith(f"CheckpointError model.gguf {said}")


def test_without_memory_every_number_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setenv(SETTING, "0")
    model = ac.load(write_variant(tmp_path, "llama-32", quantize=quarters)[1])
    assert model.weights.streamed
    first = model.trace(ids=[1, 2, 3]).logits()
    np.testing.assert_array_equal(model.trace(ids=[1, 2, 3]).logits(), first)
