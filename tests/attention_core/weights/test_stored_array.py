"""An array in a file: matrix products that read a block at a time, and other operations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attention_core.weights import stored_array
from attention_core.weights.stored_array import StoredArray
from attention_core.weights.tensors import WEIGHTS, Tensors

DRAW = np.random.default_rng(3)
KEPT = DRAW.normal(size=(3, 11, 7)).astype(np.float32)


@pytest.fixture(scope="module", params=[np.float32, np.float16])
def file(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    save_file({"before": KEPT[0].astype(request.param), "a": KEPT.astype(request.param)}, folder / WEIGHTS)
    tensors = Tensors(folder)
    return tensors.file("a"), tensors.stored("a")


@given(order=st.permutations(range(3)), block=st.integers(1, 100), rows=st.integers(1, 4))
def test_a_product_is_that_of_the_same_array(file, order, block, rows):
    stored, kept = file[1].transpose(order), KEPT.astype(file[1].dtype).astype(np.float32).transpose(order)
    array = kept.reshape(len(kept), -1)
    left = DRAW.normal(size=(rows, len(array))).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_array, "PRODUCT_BLOCK", block)
        matrix = StoredArray(file[0], stored).reshape(array.shape)
        np.testing.assert_allclose(left @ matrix, left @ array, atol=1e-5)
        out = np.full((rows, array.shape[1]), np.nan, np.float32)
        np.testing.assert_allclose(np.matmul(left, matrix, out=out), left @ array, atol=1e-5)


def test_arrays_of_indices_read_the_part_around_them(file):
    own, array = StoredArray(*file), KEPT.astype(file[1].dtype).astype(np.float32)
    rows, columns = np.array([[7], [2], [7]]), np.array([[3, 1]])
    for index in ((2, rows, columns), (np.array([2, 1]), slice(1, None), 4), (slice(None), slice(3, 9, 2), columns[0])):
        np.testing.assert_array_equal(own[index], array[index])
    with pytest.raises(ValueError, match="would need a copy"):
        file[1][rows]


def test_a_product_reads_one_block_at_a_time(file, monkeypatch):
    read = []
    fill = type(file[0]).fill
    monkeypatch.setattr(
        type(file[0]), "fill", lambda own, stored, out: (read.append(stored.size), fill(own, stored, out))
    )
    monkeypatch.setattr(stored_array, "PRODUCT_BLOCK", 14)
    left = np.ones((2, 7), np.float32)
    left @ StoredArray(file[0], file[1][1]).T
    np.ones((2, 11), np.float32) @ StoredArray(file[0], file[1][2])
    assert read == [14, 14, 14, 14, 14, 7] * 2


@given(order=st.permutations(range(3)))
def test_other_operations_treat_it_as_an_array(file, order):
    own = StoredArray(*file).transpose(order)
    array = KEPT.astype(file[1].dtype).astype(np.float32).transpose(order)
    assert (own.shape, own.ndim, own.size) == (array.shape, array.ndim, array.size)
    np.testing.assert_array_equal(np.asarray(own), array)
    np.testing.assert_array_equal(own.T, array.T)
    np.testing.assert_array_equal(own * np.float32(2), array * 2)
    np.testing.assert_array_equal(np.float32(2) - own, 2 - array)
    np.testing.assert_array_equal(own[1:], array[1:])
    np.testing.assert_array_equal(own.take(np.array([[1, 0]]), 0), array[[[1, 0]]])
    assert own[1, 2, 0] == array[1, 2, 0]


def test_parts_are_read_each_once_and_scattered_ones_with_the_whole_array(file, monkeypatch):
    read, fill_each = [], type(file[0]).fill_each

    def noted(own, parts):
        parts = list(parts)
        read.extend(view.size for view, _ in parts)
        fill_each(own, parts)

    monkeypatch.setattr(type(file[0]), "fill_each", noted)
    own = StoredArray(*file)
    own.take(np.array([[2, 0, 2]]), 0)
    assert read == [77, 77]
    own.take(np.array([3, 3, 1]), 2)
    assert read == [77, 77, 231]
