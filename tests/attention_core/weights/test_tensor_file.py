"""A file that is cut off, overwritten, replaced or deleted while its numbers are read: an error, never a signal."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

import attention_core as ac
from attention_core.errors import CheckpointError, TruncatedError
from attention_core.weights import tensor_file
from attention_core.weights.memory import SETTING
from attention_core.weights.stored_view import StoredView
from attention_core.weights.tensor_file import TensorFile
from benchmarks.checkpoints import write_checkpoint
from tests.attention_core.weights.test_model_weights import LLAMA, write_model
from tests.paths import ROOT

# The file is changed after it was found unchanged: the moment at which reading a memory-mapped file ends the process.
CHILD = """
import os, sys
import attention_core as ac
from attention_core.weights.tensor_file import TensorFile

folder, change, when = sys.argv[1], sys.argv[2], int(sys.argv[3])
check, count = TensorFile._check, 0

def checked_and_changed(self, stat):
    global count
    check(self, stat)
    count += 1
    if count == when:
        if change == "truncate":
            os.truncate(self.path, self._size // 3)
        elif change == "empty":
            os.truncate(self.path, 0)
        elif change == "delete":
            self.path.unlink()
        else:
            self.path.with_suffix(".new").write_bytes(bytes(self._size))
            self.path.with_suffix(".new").replace(self.path)

TensorFile._check = checked_and_changed
try:
    trace = ac.load(folder).trace(ids=[5, 17, 3])
    for quantity in trace.declared(0):
        trace.array(quantity, 0)
    ac.explain.open_term(trace, ac.explain.Address("q", (0, 0, 1, 0)))
    print("complete")
except ac.errors.AttentionLabError as problem:
    print(type(problem).__name__, problem)
"""


def run_child(folder, change, when, memory="0"):
    environment = os.environ | {SETTING: memory, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, str(folder), change, str(when)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stderr}"
    return done.stdout.strip()


@pytest.fixture(params=["F32", "F16", "BF16", "shards"])
def folder(request, tmp_path):
    if request.param == "shards":
        write_checkpoint(tmp_path, LLAMA, shards=3)
        return tmp_path
    return write_model(tmp_path, LLAMA, request.param)


@pytest.mark.parametrize(("change", "when"), [("truncate", 9), ("empty", 60), ("truncate", 150)])
def test_a_file_that_is_cut_off_during_a_run_is_reported(folder, change, when):
    assert run_child(folder, change, when).startswith("TruncatedError model")


@pytest.mark.parametrize("memory", ["0", "1GB"])
def test_a_file_that_is_cut_off_while_it_is_loaded_is_reported(tmp_path, memory):
    assert run_child(write_model(tmp_path, LLAMA), "truncate", 2, memory).startswith("TruncatedError model.safetensors")


@pytest.mark.parametrize(
    ("change", "said"), [("delete", "can no longer be read. Load"), ("replace", "has changed since the model was")]
)
def test_a_file_that_is_deleted_or_replaced_during_a_run_is_reported(tmp_path, change, said):
    printed = run_child(write_model(tmp_path, LLAMA), change, 40)
    assert printed.startswith(f"CheckpointError model.safetensors {said}")


def test_a_model_in_memory_does_not_need_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv(SETTING, "1GB")
    model = ac.load(write_model(tmp_path, LLAMA))
    before = model.trace(ids=[5, 17, 3]).resid.copy()
    os.truncate(tmp_path / "model.safetensors", 0)
    np.testing.assert_array_equal(model.trace(ids=[5, 17, 3]).resid, before)


def test_numbers_that_are_overwritten_while_they_are_read_are_not_used(tmp_path, monkeypatch):
    save_file({"a": np.ones(70, np.float32)}, tmp_path / "a.safetensors")
    file, read = TensorFile(tmp_path / "a.safetensors"), TensorFile._read
    out = np.empty(70, np.float32)
    file.fill(file.stored("a"), out)
    assert out.tolist() == [1] * 70

    def read_and_overwrite(self, opened, view, numbers):
        read(self, opened, view, numbers)
        os.utime(self.path, ns=(0, 0))  # as any write does

    monkeypatch.setattr(TensorFile, "_read", read_and_overwrite)
    with pytest.raises(CheckpointError, match="has changed since the model was loaded"):
        file.fill(file.stored("a"), out)


def test_a_shorter_file_is_truncated_and_a_longer_one_has_changed(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"a": np.ones(70, np.float32)}, path)
    file, size, out = TensorFile(path), path.stat().st_size, np.empty(70, np.float32)
    os.truncate(path, size - 1)
    with pytest.raises(TruncatedError, match=f"it has {size - 1} bytes of {size}. Download it again."):
        file.fill(file.stored("a"), out)
    os.truncate(path, size + 1)
    with pytest.raises(CheckpointError, match="has changed"):
        file.fill(file.stored("a"), out)


NUMBERS = np.random.default_rng(4).normal(size=(6, 7, 10)).astype(np.float16)


@given(data=st.data(), order=st.permutations(range(3)), block=st.integers(1, 500))
def test_a_view_reads_what_the_same_view_of_an_array_has(tmp_path_factory, data, order, block):
    folder = tmp_path_factory.mktemp("view")
    save_file({"before": NUMBERS[0], "a": NUMBERS}, folder / "a.safetensors")
    file = TensorFile(folder / "a.safetensors")
    view, array = file.stored("a").transpose(order), NUMBERS.transpose(order)
    index = tuple(
        data.draw(st.integers(0, size - 1) | st.slices(size).filter(lambda each: (each.step or 1) > 0))
        for size in array.shape
    )
    view, array = view[index], array[index]
    assert (view.shape, view.size, view.ndim) == (array.shape, array.size, array.ndim)
    out = np.empty(array.shape, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensor_file, "CONVERSION_BLOCK", block)
        file.fill(view, out)
    np.testing.assert_array_equal(out, array)


def test_a_view_that_would_need_a_copy_is_refused():
    view = StoredView(np.dtype("<f4"), 100, (3, 4), (16, 4))
    assert view.reshape(2, 6) == StoredView(np.dtype("<f4"), 100, (2, 6), (24, 4))
    assert view[1] == StoredView(np.dtype("<f4"), 116, (4,), (4,))
    with pytest.raises(ValueError, match="copy"):
        view.transpose().reshape(12)
