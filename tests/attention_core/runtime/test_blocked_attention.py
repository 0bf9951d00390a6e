"""Attention in blocks equals the stages of an entire layer, for small and for large scores."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.computation.stage import compute
from attention_core.runtime import blocked_attention
from tests.random_model import GPT2, GPT_OSS, LLAMA, SLIDING, write_model

IDS = [7, 97, 5, 41, 13, 11, 77, 3, 60, 2, 19]


@pytest.mark.parametrize("raw", [GPT2, LLAMA, SLIDING, GPT_OSS])
@pytest.mark.parametrize("std", [0.1, 20])
@pytest.mark.parametrize(("scores", "rows"), [(1 << 18, 128), (60, 3)])
def test_blocks_equal_entire_stages(tmp_path, monkeypatch, raw, std, scores, rows):
    monkeypatch.setattr(blocked_attention, "SCORES_PER_BLOCK", scores)
    monkeypatch.setattr(blocked_attention, "CAUSAL_ROWS", rows)
    trace = ac.load(write_model(tmp_path, raw, std=std)).trace(ids=IDS)
    for layer in range(trace.model.config.n_layers):
        expected = compute(trace, trace.stage("resid_post", layer))
        found = trace.resid_post(layer)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
