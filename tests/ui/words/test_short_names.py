"""The short names of a trail of opened numbers."""

from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core.computation.derivation import Address
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.solve import solve
from tests.every_family import CASES, kinds_of_layers
from tests.images import write_vit
from ui.words.short_names import NOUNS, name_trail, noun_of
from ui.worked_example.words import name_entries


def trail(text):
    return [Address.parse(number) for number in text.split("~")]


def test_a_trail_of_an_attention_weight(minilm):
    trace = minilm.trace("The animal didn't cross the street because it was too tired.")
    numbers = trail(
        "weight.3.1.10.2~q.3.1.10.25~W_Q.3.1.45.25~resid_pre.3.10.45~resid_post.2.10.45~attn_out.2.10.45~z.2.7.10.3"
        "~weight.2.7.10.10~k.2.7.12.1~embedding.6.45~W_E.1996.45~cosine.10~no_such.1"
    )
    assert name_trail(trace, numbers, layer=3, head=1) == [
        "weight it → animal", "query[25] of it", "W_Q[45, 25]", "layer 3 input[45] of it", "layer 2 output[45] of it",
        "attention output[45] of it", "head 7: z[3] of it", "weight it → itself", "key[1] of too",
        "embedding[45] of cross", "W_E[the, 45]", "cosine to the embedding of it", "no_such.1",
    ]  # fmt: skip
    assert name_trail(trace, numbers[:2], layer=3) == ["head 1: weight it → animal", "query[25] of it"]
    assert name_trail(trace, trail("weight.3.1.1.7"), layer=3, head=1) == ["weight the first the → the second the"]
    assert name_trail(trace, trail("weight.3.1.4.99"), layer=3, head=1) == ["weight.3.1.4.99"]


@pytest.mark.parametrize(
    "number",
    ["cosine.99", "cosine.1.2", "weight.3.1.4", "weight.99.1.4.2", "W_E.99999.0", "encoder_q.1.1.1.1", "x.1", "q.3"],
)
def test_an_address_without_a_number_is_its_own_name(minilm, number):
    trace = minilm.trace("It rains.")
    assert name_trail(trace, trail(number), layer=3, head=1) == [number]


def test_a_trail_into_the_encoder_and_out_of_a_vocabulary(traced, bert):
    decoder = replace(bert.trace(ids=[9]), encoder=bert.trace(ids=[5, 11]))
    assert name_trail(decoder, trail("weight.1.0.0.0~encoder_k.2.1.1.4~encoder_resid_pre.2.1.0"), layer=1, head=0) == [
        "weight w5 → itself", "encoder, layer 2, head 1: key[4] of w7", "encoder: layer 2 input[0] of w7",
    ]  # fmt: skip
    trace = traced("t5", "decoder")
    assert name_trail(trace, trail("cross_weight.1.0.1.2"), layer=1, head=0)[0].startswith("cross-attention weight ")
    assert name_trail(traced("gpt_neox"), trail("logits.10.71")) == ["logit[g] of cat"]
    assert name_trail(traced("falcon-alibi"), trail("coarse_slope.1")) == ["head 1: rounded ALiBi slope"]


def is_parameter(quantity):
    return quantity.startswith(("W_", "w_", "b_"))


@pytest.mark.parametrize("name", [*CASES, "vit"])
def test_every_quantity_of_every_family_has_a_name(name, tmp_path):
    model = ac.load(write_vit(tmp_path / "vit") if name == "vit" else CASES[name].write(tmp_path / name))
    if name == "vit":
        traces = [model.trace(np.zeros((40, 56, 3), np.uint8))]
    else:
        run = model.trace("The cat", target="saw") if isinstance(model, ac.EncoderDecoder) else model.trace("The cat")
        traces = [run] if isinstance(run, ac.Trace) else [run.encoder, run.decoder]
    for trace in traces:
        for layer in (None, *kinds_of_layers(trace.model.config)):
            for quantity in trace.declared(layer):
                indices = tuple(size - 1 for size in trace.array(quantity, layer).shape)
                address = Address(quantity, indices if layer is None else (layer, *indices))
                noun = noun_of(quantity)
                assert (noun == quantity) == (is_parameter(quantity) or quantity in ("mask", "mean", "z", "expert")
                                              or NOUNS.get(quantity) == quantity)  # fmt: skip
                (shown,) = name_trail(trace, [address])
                assert noun.format(layer=layer) in shown
                assert str(address) not in shown


@pytest.mark.parametrize("name", PRESETS)
def test_every_number_of_a_worked_example_has_a_name(name):
    solution = solve(preset(name))
    for quantity, stage in solution.stages.items():
        address = stage.address(dict.fromkeys(stage.axes, 0))
        (shown,) = name_entries(solution, [address], 0)
        assert shown.startswith(noun_of(quantity))
        assert is_parameter(quantity) or quantity in NOUNS
    assert name_entries(solution, [Address("weight", (0, 0, 99))], 0) == ["weight.0.0.99"]


def test_the_textbooks_first_number():
    solution = solve(preset("textbook"))
    words = solution.lesson.words
    weight, query = Address("weight", (0, 5, 7)), Address("q", (0, 5, 1))
    assert name_entries(solution, [weight, query], 0) == [f"weight {words[5]} → {words[7]}", f"query[1] of {words[5]}"]
