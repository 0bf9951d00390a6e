"""Declared tensors as views of a checkpoint's."""

import numpy as np
import pytest

from attention_core.families.llama import LLAMA
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import make_layout
from attention_core.families.reading.schema import Source

CONFIG = read_config(LLAMA, {
    "vocab_size": 17, "hidden_size": 42, "num_hidden_layers": 2, "num_attention_heads": 6, "head_dim": 10,
    "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43,
})  # fmt: skip
FUSED = "kv_head*(group + 1 + 1)*dim, model"  # two key heads, each after the three query heads that share it


def layout_and_tensor(layout, axes, part=0):
    shape = (100, 42) if layout == FUSED else (42, 100)
    return make_layout("a", {"a": shape}, Source("a", layout, part), axes, CONFIG), np.arange(4200.0).reshape(shape)


@pytest.mark.parametrize("place", [(0, 0, 0), (2, 41, 9), (3, 7, 1), (5, 3, 8)])
def test_heads_of_a_group_are_read_without_a_copy(place):
    layout, stored = layout_and_tensor(FUSED, ("head", "model", "dim"))
    head, m, dim = place
    assert layout.view(stored).shape == layout.shape == (6, 42, 10)
    assert layout.view(stored)[place] == layout.at(stored, place) == stored[head // 3 * 50 + head % 3 * 10 + dim, m]


@pytest.mark.parametrize(("part", "row"), [(1, 30), (2, 40)])
def test_a_part_of_a_fused_tensor(part, row):
    layout, stored = layout_and_tensor(FUSED, ("kv_head", "model", "dim"), part)
    assert np.shares_memory(layout.view(stored), stored)
    assert layout.view(stored)[1, 4, 7] == layout.at(stored, (1, 4, 7)) == stored[50 + row + 7, 4]


@pytest.mark.parametrize("layout", [FUSED, "model, kv_head*(group + 1 + 1)*dim"])
def test_a_product_has_the_axes_of_its_weights(layout):
    own, stored = layout_and_tensor(layout, ("head", "model", "dim"))
    assert own.by_rows == (layout == FUSED)
    x = np.arange(3 * 42.0).reshape(3, 42)
    made = (stored @ x.T) if own.by_rows else (x @ stored)
    np.testing.assert_array_equal(own.view(made), np.einsum("pm,hmd->hpd", x, own.view(stored)))
