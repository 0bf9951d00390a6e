"""Which number an address points to, in words."""

import re
from dataclasses import replace

import pytest

from attention_core.computation.derivation import Address
from ui.words.addresses import describe_address


def test_an_encoders_number_is_described_by_the_encoders_tokens(bert):
    decoder = replace(bert.trace(ids=[9]), encoder=bert.trace(ids=[5, 11]))
    assert describe_address(decoder, Address("encoder_k", (2, 1, 1, 4))) == (
        "In the encoder. Layer 2, head 1: dimension 4 of the key of “w7”."
    )
    assert describe_address(decoder, Address("encoder_W_Q", (2, 1, 3, 4))) == "In the encoder."
    assert describe_address(decoder, Address("resid_pre", (0, 0, 4))) == "Layer 0: dimension 4 of “w5”."
    assert describe_address(decoder, Address("weight", (0, 1, 0, 0))) == "Layer 0, head 1: from “w5” to itself."
    assert describe_address(decoder, Address("no_such", (0, 1))) == ""
    assert describe_address(decoder, Address("k", (0, 1, 0, 4))) == "Layer 0, head 1: dimension 4 of the key of “w5”."


@pytest.mark.parametrize(
    ("family", "number", "text"),
    [
        ("bloom", "position_bias.1.3", "Head 1: for the key “␣”."),
        ("falcon-alibi", "coarse_ramp.1.10", "Head 1: for the key “cat”."),
        ("gpt_neox", "angle.10.1", "Pair 1 of “cat”."),
        ("gpt_neox", "cos.3.0", "Pair 0 of “␣”."),
        ("gpt_neox", "mlp_in.1.10.2", "Layer 1: hidden unit 2 of “cat”."),
        ("gpt_neox", "embedding.10.4", "Dimension 4 of “cat”."),
        ("gpt_neox", "weight.1.0.10.1", "Layer 1, head 0: from the second “cat” to the first “cat”."),
        ("gpt_neox", "logits.10.71", "The logit of “g” at “cat”."),
        ("falcon-alibi", "k.1.2.10.4", "Layer 1, key-value head 2: dimension 4 of the key of “cat”."),
        ("mpnet", "position_bias.0.2.1", "Head 0: from “cat” to “the”, 1 position before."),
        ("mixtral", "expert_weight.1.2.0", None),
    ],
)
def test_an_address_is_described(traced, family, number, text):
    trace = traced(family)
    described = describe_address(trace, Address.parse(number))
    assert described == text if text else "“cat”" in described


def test_a_relative_bias_names_the_distances_that_share_it(traced):
    for part in ("encoder", "decoder"):
        trace = traced("t5", part)
        n, buckets = len(trace.tokens), trace.gather_indices("bucket")[1]
        for key in range(n):
            text = describe_address(trace, Address("position_bias", (0, 2, key)))
            share = [j - 2 for j in range(n) if buckets[2, j] == buckets[2, key]]
            near, far = min(map(abs, share)), max(map(abs, share))
            words = text.removesuffix(".").rpartition(", ")[2]
            if key <= 2 or part == "encoder":
                assert ("before" in words, "after" in words and "or after" not in words) == (key < 2, key > 2)
                numbers = [int(each) for each in re.findall(r"\d+", words)] or [0]
                assert numbers[0] <= near
                assert "or more" in words or numbers[-1] >= far or "or after" in words
        assert describe_address(trace, Address("W_rel", (1, 0))).startswith("Head 0: for a key 1 position before")
