"""The core against torch, live: every intermediate of every layer, to within the oracle's tolerance."""

import shutil

import numpy as np
import pytest

import attention_core as ac
from attention_core.hub.catalogue import CATALOGUE
from attention_core.loading import local_entry_folder
from tests.reference.make import tiny_tokenizer
from tests.reference.oracle import TENSORS, TRAINED, first_difference, random_bert, reference_model, reference_trace
from tests.reference.sentences import SENTENCES
from tests.small_tokenizers import write_tokenizer

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

VARIANTS = [
    {},
    {"hidden_act": "relu"},
    {"is_decoder": True},
    {"num_attention_heads": 1, "hidden_size": 11},
    {"num_hidden_layers": 1, "hidden_size": 77, "num_attention_heads": 7, "layer_norm_eps": 1e-3},
    {"type_vocab_size": 1, "intermediate_size": 5},
    {"is_decoder": True, "hidden_act": "relu", "num_attention_heads": 7},
]


@pytest.fixture(scope="module")
def minilm():
    folder = local_entry_folder(CATALOGUE["minilm"])
    return ac.load("minilm"), reference_model(folder), reference_model(folder).double()


@pytest.mark.parametrize("text", SENTENCES)
def test_minilm(minilm, text):
    """Against torch in float64: two float32 results differ by the rounding of both."""
    ours, _, exact = minilm
    trace = ours.trace(text)
    difference = first_difference(trace, reference_trace(exact, trace.ids), TRAINED)
    assert not difference, difference


def test_minilm_is_no_farther_from_float64_than_torch_is(minilm):
    """By the root mean square over all sentences, since which rounding is larger differs from number to number."""
    ours, torch32, torch64 = minilm
    squares = dict.fromkeys([(name, layer) for layer in range(6) for name in TENSORS], np.zeros(2))
    for text in SENTENCES:
        trace = ours.trace(text)
        rounded, exact = (reference_trace(model, trace.ids) for model in (torch32, torch64))
        for name, layer in squares:
            both = getattr(trace, name)(layer), rounded[name][layer]
            squares[name, layer] = squares[name, layer] + [np.square(each - exact[name][layer]).sum() for each in both]
    ratios = {key: float(np.sqrt(own / theirs)) for key, (own, theirs) in squares.items() if own}
    assert max(ratios.values()) < 1.25, max(ratios.items(), key=lambda item: item[1])


def test_the_sentences_include_the_maximum_length(minilm):
    lengths = [len(minilm[0].tokenizer.encode(text)) for text in SENTENCES]
    assert len(SENTENCES) >= 20
    assert min(lengths) == 3
    assert max(lengths) == 512


@pytest.mark.parametrize("seed", range(len(VARIANTS)))
def test_random_berts(tmp_path, seed):
    theirs = random_bert(tmp_path, seed, **VARIANTS[seed])
    write_tokenizer(tmp_path, tiny_tokenizer())
    ours = ac.load(tmp_path)
    rng = np.random.default_rng(seed)
    for n in (1, 2, 13, 43):
        ids = rng.integers(0, 101, n).tolist()
        message = first_difference(ours.trace(ids=ids), reference_trace(theirs, ids))
        assert not message, message


def test_a_wrong_weight_is_noticed(tmp_path):
    """The comparison can fail, and names the first wrong tensor."""
    theirs = random_bert(tmp_path, 3)
    write_tokenizer(tmp_path, tiny_tokenizer())
    ours = ac.load(tmp_path)
    shutil.rmtree(tmp_path)
    theirs.encoder.layer[1].attention.self.key.bias.data[0] += 0.01
    ids = [5, 17, 3, 60]
    assert first_difference(ours.trace(ids=ids), reference_trace(theirs, ids)).startswith("layer 1: k is off by")
