"""Generation against the reference, live: the probabilities and the generated tokens, for every decoder."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.generate import Continuation, can_generate, write
from attention_core.sampling import greedy, probabilities
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

IDS = [5, 17, 3, 60, 29]
LANGUAGE_MODELS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "MTModel")  # endings of class names
CASES = [
    (name, at)
    for name, row in REFERENCES.items()
    if row.model.endswith(LANGUAGE_MODELS)
    for at in range(len(row.variants))
]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_generated_tokens(tmp_path, name, variant):
    """Greedy, to the maximum length, without the reference's cache: it keeps keys whose angles change as text grows."""
    import torch

    import tests.oracle.capture  # noqa: F401 - registers the spy

    theirs, model = make(name, variant, tmp_path), ac.load(tmp_path)
    encoder, start = None, IDS
    if isinstance(model, ac.EncoderDecoder):
        encoder, model, start = model.trace(ids=IDS).encoder, model.decoder, [model.config.start_id]
    assert can_generate(model.config)
    length = min(model.config.n_ctx, REFERENCES[name].n_ctx)
    options = {"max_length": length, "do_sample": False, "use_cache": False}
    if encoder:
        options["decoder_start_token_id"] = start[0]
    theirs.generation_config.forced_eos_token_id = None  # it would end every text at the maximum length
    with torch.no_grad():
        expected = theirs.generate(torch.tensor([IDS]), **options)[0].tolist()
    assert [*start, *write(model, start, greedy, length - len(start), encoder)] == expected

    text = Continuation(model, encoder)
    text.read(start)
    memory = (encoder.contextual, encoder.inputs.attention_mask) if encoder else ()
    for id in np.random.default_rng(variant).integers(0, 101, 20).tolist():
        logits = text.read([id])
        full = model.run("", model.tokens(None, text.ids), None, *memory).logits()[-1]
        assert np.abs(logits - full).max() <= 1e-5 * np.abs(full).max()


@pytest.mark.parametrize("seed", range(20))
def test_probabilities_equal_those_of_the_references_warpers(seed):
    import torch
    from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, 503).astype(np.float32)
    temperature, top_k, top_p = rng.uniform(0.3, 2), int(rng.integers(1, 503)), rng.uniform(0.05, 0.99)
    warpers = [TemperatureLogitsWarper(temperature), TopKLogitsWarper(top_k), TopPLogitsWarper(top_p)]
    theirs = LogitsProcessorList(warpers)(None, torch.tensor(logits)[None])
    expected = torch.softmax(theirs, dim=-1)[0].numpy()
    ours = probabilities(logits, temperature, top_k, top_p)
    assert ((ours > 0) == (expected > 0)).all()
    np.testing.assert_allclose(ours, expected, atol=1e-6)
