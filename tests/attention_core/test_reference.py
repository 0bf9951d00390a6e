"""The core against stored references, without torch: every intermediate of every layer within the tolerance."""


import numpy as np
import pytest

import attention_core as ac
from tests.paths import BERT, REFERENCE
from tests.reference.make import BERT_IDS, SAMPLES, evenly_spaced
from tests.reference.oracle import TENSORS, TRAINED, first_difference, tolerance
from tests.reference.sentences import SENTENCES


@pytest.fixture(scope="module")
def model():
    return ac.load("minilm")


@pytest.fixture(scope="module")
def samples():
    return np.load(REFERENCE / "minilm.npz")["samples"]


@pytest.mark.parametrize("number", range(len(SENTENCES)))
def test_minilm(model, samples, number):
    trace = model.trace(SENTENCES[number])
    assert samples.shape == (len(SENTENCES), 6, len(TENSORS), SAMPLES)
    for layer in range(6):
        for name, expected in zip(TENSORS, samples[number, layer], strict=True):
            off = np.abs(evenly_spaced(getattr(trace, name)(layer)) - expected).max()
            assert off <= tolerance(expected, TRAINED), f"layer {layer}: {name} is off by {off:.3g}"


def test_all_of_a_random_bert():
    expected = np.load(BERT / "expected.npz")
    trace = ac.load(BERT).trace(ids=BERT_IDS)
    difference = first_difference(trace, expected)
    assert not difference, difference
    assert np.std(expected["pattern"]) > 0.05
