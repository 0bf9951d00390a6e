"""Every family against its reference, live: every intermediate of every layer, every variant."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.families.registry import FAMILIES
from tests.oracle.images import IMAGES
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

CASES = [(name, at) for name, row in REFERENCES.items() for at in range(len(row.variants))]


def test_every_family_has_a_reference():
    assert set(FAMILIES) == {*REFERENCES, *IMAGES}
    assert all(len(row.variants) >= 4 for row in [*REFERENCES.values(), *IMAGES.values()])


def test_every_hooked_tensor_is_compared():
    from tests.oracle.capture import ORDER

    assert {name for row in REFERENCES.values() for name in row.hooks} <= set(ORDER)


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_every_intermediate(tmp_path, name, variant):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES[name]
    theirs, ours = make(name, variant, tmp_path), ac.load(tmp_path)
    rng = np.random.default_rng(variant)
    for n in (1, 2, 13, row.n_ctx):
        ids = rng.integers(0, row.d_vocab, n).tolist()
        if not row.decoder:
            message = first_difference(ours.trace(ids=ids), capture(theirs, row, ids))
            assert not message, f"{n} tokens, {message}"
            continue
        target = rng.integers(0, row.d_vocab, n + 4).tolist()
        trace = ours.trace(ids=ids, target_ids=target)
        message = first_difference(trace.encoder, capture(theirs, row, ids))
        assert not message, f"{n} tokens, encoder, {message}"
        message = first_difference(trace.decoder, capture(theirs, row, ids, target=target))
        assert not message, f"{n} tokens, decoder, {message}"


@pytest.mark.parametrize("name", REFERENCES)
def test_the_models_are_not_trivial(tmp_path, name):
    """Norm weights are not near 1, biases not near 0, and attention is far from uniform, though numbers are small."""
    theirs, ours = make(name, 0, tmp_path), ac.load(tmp_path)
    vectors = [each for each in theirs.parameters() if each.dim() == 1 and len(each) > 9]
    assert min(float(each.std()) for each in vectors) > 0.1
    ids = np.random.default_rng(0).integers(0, REFERENCES[name].d_vocab, 13).tolist()
    traces = [ours.trace(ids=ids)]
    if REFERENCES[name].decoder:
        both = ours.trace(ids=ids, target_ids=ids)
        traces = [both.encoder, both.decoder]
    for trace in traces:
        last = [trace.pattern(layer)[:, -1] for layer in range(trace.model.config.n_layers)]
        assert np.mean([each.max(axis=-1) for each in last]) > 1.6 / 13


@pytest.mark.parametrize("name", REFERENCES)
def test_large_numbers(tmp_path, name):
    """A layer whose softmaxes and caps saturate, and whose exponentials overflow float32.

    The spacing of float32 at 100 is 7.6e-6, and weights have errors of at least that: torch's own are 4e-5 from
    float64 for ELECTRA's scores of a thousand. Later layers would multiply the errors.
    """
    from tests.oracle.capture import capture, layer_difference

    row = REFERENCES[name]
    theirs, ours = make(name, 0, tmp_path, large=True), ac.load(tmp_path)
    ids = np.random.default_rng(3).integers(0, row.d_vocab, 13).tolist()
    trace = ours.trace(ids=ids, target_ids=ids).encoder if row.decoder else ours.trace(ids=ids)
    message = layer_difference(trace, capture(theirs, row, ids), 0, relative=3e-4)
    assert not message, message


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("side", ["left", "right", "holes"])
def test_masks_given_by_the_caller(tmp_path, name, side):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES[name]
    theirs, ours = make(name, 0, tmp_path), ac.load(tmp_path)
    ids = np.random.default_rng(1).integers(0, row.d_vocab, 13).tolist()
    attention_mask = {
        "left": [False] * 5 + [True] * 8,
        "right": [True] * 8 + [False] * 5,
        "holes": [True, True, False, True, False, True, True, True, False, False, True, True, True],
    }[side]
    if row.decoder:
        trace = ours.trace(ids=ids, attention_mask=attention_mask, target_ids=ids[:7])
        message = first_difference(trace.encoder, capture(theirs, row, ids, attention_mask), attention_mask)
        assert not message, f"encoder, {message}"
        message = first_difference(trace.decoder, capture(theirs, row, ids, attention_mask, target=ids[:7]))
        assert not message, f"decoder, {message}"
    else:
        expected = capture(theirs, row, ids, attention_mask)
        message = first_difference(ours.trace(ids=ids, attention_mask=attention_mask), expected, attention_mask)
        assert not message, message


@pytest.mark.parametrize("name", [name for name, row in REFERENCES.items() if row.decoder])
@pytest.mark.parametrize(
    "target_mask", [[False] * 3 + [True] * 4, [True] * 5 + [False] * 2, [True, False, True, True, False, False, True]]
)
def test_masks_of_the_decoders_text(tmp_path, name, target_mask):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES[name]
    theirs, ours = make(name, 0, tmp_path), ac.load(tmp_path)
    ids = np.random.default_rng(2).integers(0, row.d_vocab, 13).tolist()
    attention_mask = [True] * 2 + [False] * 3 + [True] * 8
    expected = capture(theirs, row, ids, attention_mask, ids[:7], target_mask)
    masks = {"attention_mask": attention_mask, "target_attention_mask": target_mask}
    decoder = ours.trace(ids=ids, target_ids=ids[:7], **masks).decoder
    message = first_difference(decoder, expected, target_mask)
    assert not message, message
    if target_mask[-1]:  # otherwise masked tokens at the end are after every query that is compared
        unmasked = ours.trace(ids=ids, attention_mask=attention_mask, target_ids=ids[:7]).decoder
        assert first_difference(unmasked, expected, target_mask), "the mask changes nothing"


def test_an_untied_head_is_loaded_although_the_reference_ties_by_default(tmp_path):
    for variant, head in enumerate(("tied", "untied")):
        (tmp_path / head).mkdir()
        make("t5", variant, tmp_path / head)
        assert ac.load(tmp_path / head).config.head == head


@pytest.mark.parametrize("name", ["gpt2", "marian"])
def test_a_stored_head_that_differs_from_the_tied_embeddings_is_loaded(tmp_path, name):
    import torch
    import transformers
    from safetensors.numpy import load_file, save_file

    table = make(name, 0, tmp_path).get_input_embeddings().weight.detach().numpy()
    head = np.random.default_rng(4).normal(size=table.shape).astype(np.float32)
    tensors = load_file(tmp_path / "model.safetensors") | {"lm_head.weight": head}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    kind, ours = getattr(transformers, REFERENCES[name].model), ac.load(tmp_path)
    theirs = kind.from_pretrained(tmp_path, attn_implementation="eager").eval()
    inputs = {"input_ids": torch.tensor([[5, 17, 3]])}
    if REFERENCES[name].decoder:
        inputs["decoder_input_ids"] = torch.tensor([[7, 1]])
        logits = ours.trace(ids=[5, 17, 3], target_ids=[7, 1]).decoder.logits()
    else:
        logits = ours.trace(ids=[5, 17, 3]).logits()
    with torch.no_grad():
        expected = theirs(**inputs).logits[0].numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-4 * np.abs(expected).max())


def test_stored_position_embeddings_that_are_not_sinusoids_are_loaded(tmp_path):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES["pegasus"]
    theirs = make("pegasus", 0, tmp_path)
    theirs.model.encoder.embed_positions.weight.data.normal_(0.0, 0.7)
    theirs.save_pretrained(tmp_path)
    ours = ac.load(tmp_path)
    assert (ours.encoder.config.positions, ours.decoder.config.positions) == ("learned", "sinusoidal")
    trace = ours.trace(ids=[5, 17, 3, 60, 2], target_ids=[7, 1, 9])
    message = first_difference(trace.encoder, capture(theirs, row, [5, 17, 3, 60, 2]))
    assert not message, message
    message = first_difference(trace.decoder, capture(theirs, row, [5, 17, 3, 60, 2], target=[7, 1, 9]))
    assert not message, message


@pytest.mark.parametrize("name", REFERENCES)
def test_every_number_opens(tmp_path, name):
    """Derivations equal the trace's numbers, for every quantity of every layer."""
    make(name, 0, tmp_path)
    model = ac.load(tmp_path)
    traces = [model.trace(ids=[5, 17, 3, 60, 2])]
    if REFERENCES[name].decoder:
        both = model.trace(ids=[5, 17, 3, 60, 2], target_ids=[7, 1, 9])
        traces = [both.encoder, both.decoder]
    for trace in traces:
        for layer in (None, *range(trace.model.config.n_layers)):
            for quantity, stage in trace.declared(layer).items():
                numbers = trace.array(quantity, layer)
                indices = tuple(size - 1 - (size > 2) for size in numbers.shape)
                address = ac.explain.Address(quantity, indices if layer is None else (layer, *indices))
                term = ac.explain.open_term(trace, address)
                if np.isfinite(numbers[indices]):
                    assert term.value == pytest.approx(float(numbers[indices]), abs=2e-5, rel=2e-5), str(address)
                assert stage.name == quantity
