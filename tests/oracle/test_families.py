"""Every family against its reference, live: every intermediate of every layer, every variant."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.families.registry import FAMILIES
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

CASES = [(name, at) for name, row in REFERENCES.items() for at in range(len(row.variants))]


def test_no_family_without_its_reference():
    assert set(FAMILIES) == set(REFERENCES)
    assert all(len(row.variants) >= 4 for row in REFERENCES.values())


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_every_intermediate(tmp_path, name, variant):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES[name]
    theirs, ours = make(name, variant, tmp_path), ac.load(tmp_path)
    draw = np.random.default_rng(variant)
    for n in (1, 2, 13, row.n_ctx):
        ids = draw.integers(0, row.d_vocab, n).tolist()
        if not row.decoder:
            told = first_difference(ours.trace(ids=ids), capture(theirs, row, ids))
            assert not told, f"{n} tokens, {told}"
            continue
        target = draw.integers(0, row.d_vocab, n + 4).tolist()
        trace = ours.trace(ids=ids, target_ids=target)
        told = first_difference(trace.encoder, capture(theirs, row, ids))
        assert not told, f"{n} tokens, encoder, {told}"
        told = first_difference(trace.decoder, capture(theirs, row, ids, target=target))
        assert not told, f"{n} tokens, decoder, {told}"


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("side", ["left", "right", "holes"])
def test_masks_given_by_the_caller(tmp_path, name, side):
    from tests.oracle.capture import capture, first_difference

    row = REFERENCES[name]
    theirs, ours = make(name, 0, tmp_path), ac.load(tmp_path)
    ids = np.random.default_rng(1).integers(0, row.d_vocab, 13).tolist()
    seen = {
        "left": [False] * 5 + [True] * 8,
        "right": [True] * 8 + [False] * 5,
        "holes": [True, True, False, True, False, True, True, True, False, False, True, True, True],
    }[side]
    if row.decoder:
        trace = ours.trace(ids=ids, seen=seen, target_ids=ids[:7])
        told = first_difference(trace.encoder, capture(theirs, row, ids, seen), seen)
        assert not told, f"encoder, {told}"
        told = first_difference(trace.decoder, capture(theirs, row, ids, seen, target=ids[:7]))
        assert not told, f"decoder, {told}"
    else:
        told = first_difference(ours.trace(ids=ids, seen=seen), capture(theirs, row, ids, seen), seen)
        assert not told, told


@pytest.mark.parametrize("name", REFERENCES)
def test_every_number_opens(tmp_path, name):
    """What a derivation gives is what the trace holds, for every quantity of every layer."""
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
                place = tuple(size - 1 - (size > 2) for size in numbers.shape)
                address = ac.explain.Address(quantity, place if layer is None else (layer, *place))
                term = ac.explain.open_term(trace, address)
                if np.isfinite(numbers[place]):
                    assert term.value == pytest.approx(float(numbers[place]), abs=2e-5, rel=2e-5), str(address)
                assert stage.name == quantity


@pytest.mark.parametrize("name", [name for name, row in REFERENCES.items() if row.decoder])
@pytest.mark.parametrize("variant", [0, 1])
def test_what_a_pair_writes_is_what_the_reference_writes(tmp_path, name, variant):
    import torch

    import tests.oracle.capture  # noqa: F401, it registers the attention that references are made with

    theirs, ours = make(name, variant, tmp_path), ac.load(tmp_path)
    text = "w3 w17 w11 w2 w90"
    ids = torch.tensor([[token.id for token in ours.tokenizer.encode(text)]])
    plainly = {"do_sample": False, "num_beams": 1, "decoder_start_token_id": ours.config.start_id}
    expected = theirs.generate(ids, max_new_tokens=13, **plainly)[0].tolist()
    run = ours.write(text, most=13)
    assert run.decoder.ids + [*ours.config.end_ids][: run.ended] == expected
