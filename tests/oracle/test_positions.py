"""Rotary frequencies and ALiBi slopes of real sizes against the reference, exactly: the position multiplies errors."""

import numpy as np
import pytest

from attention_core.families.reading.configuration import read_config
from attention_core.families.registry import FAMILIES
from attention_core.ops.positions import alibi_slopes
from attention_core.ops.rotary import frequencies

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

ROTATIONS = [
    (dim, {"rope_type": "default", "rope_theta": base})
    for dim in (20, 32, 64, 80, 96, 128, 256)
    for base in (10000.0, 160000.0, 500000.0, 1000000.0)
] + [
    (128, {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}),
    (96, {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}),
    (128, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768, "rope_theta": 1000000.0}),
    (128, {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 8192, "rope_theta": 500000.0}),
    (64, {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8192, "rope_theta": 500000.0}),
    (96, {"rope_type": "longrope", "factor": 32.0, "original_max_position_embeddings": 4096, "rope_theta": 10000.0,
          "short_factor": [1 + 0.05 * i for i in range(48)], "long_factor": [1 + 1.3 * i for i in range(48)]}),
]  # fmt: skip
LONG = 7001  # positions, beyond the original context of dynamic and longrope


@pytest.mark.parametrize(("dim", "rope"), ROTATIONS)
def test_frequencies_equal_the_references(dim, rope):
    import torch
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    config = LlamaConfig(
        hidden_size=4 * dim, num_attention_heads=4, head_dim=dim, max_position_embeddings=4096, rope_parameters=rope
    )
    theirs = LlamaRotaryEmbedding(config)
    theirs(torch.zeros(1), torch.arange(LONG)[None])  # some scalings depend on the length
    rotary = read_config(FAMILIES["llama"], config.to_dict()).rotary[0]
    np.testing.assert_array_max_ulp(frequencies(rotary, LONG), theirs.inv_freq.numpy(), 2)


@pytest.mark.parametrize("heads", [8, 12, 16, 25, 32, 64, 71, 112, 128])
def test_slopes_equal_the_references(heads):
    import torch
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor

    theirs = build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1].numpy()
    np.testing.assert_array_max_ulp(alibi_slopes(heads), theirs, 1)
