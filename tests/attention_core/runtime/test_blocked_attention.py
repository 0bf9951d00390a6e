"""The mixed values are right however large the scores are."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.computation.stage import compute
from attention_core.runtime import blocked_attention as grid
from tests.random_model import GPT2, GPT_OSS, LLAMA, SLIDING, write_model

IDS = [7, 97, 5, 41, 13, 11, 77, 3, 60, 2, 19]


@pytest.mark.parametrize("raw", [GPT2, LLAMA, SLIDING, GPT_OSS])
@pytest.mark.parametrize(("spread", "small"), [(0.1, {True}), (20, {False})])
def test_scores_near_0_and_far_from_it_give_the_same_as_a_maximum_taken_off(tmp_path, monkeypatch, raw, spread, small):
    trial, ends = grid.small_softmax_, set()

    def noted(*scores):
        end = trial(*scores)
        ends.add(end)
        return end

    monkeypatch.setattr(grid, "small_softmax_", noted)
    trace = ac.load(write_model(tmp_path, raw, spread=spread)).trace(ids=IDS)
    assert ends == small
    for layer in range(trace.model.config.n_layers):
        expected = compute(trace, trace.stage("resid_post", layer))
        found = trace.resid_post(layer)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
