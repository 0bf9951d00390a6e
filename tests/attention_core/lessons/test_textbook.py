"""The text's claims, and what its numbers imply."""

import pytest

from attention_core.lessons.textbook import claims, textbook


def values(step, quantity):
    return {claim.word: claim.value for claim in claims() if (claim.step, claim.quantity) == (step, quantity)}


def test_the_claims_of_the_text():
    assert values("Dot products", "score") == {"The": 0.17, "animal": 0.77, "tired": 1.22}
    assert values("Softmax", "weight")["animal"] == 0.60
    assert values("Weighted sum", "weight")["animal"] == 0.70
    assert len(values("Softmax", "weight")) == 8
    assert len(values("Weighted sum", "weight")) == 11
    assert [c.value for c in claims() if c.quantity == "output"] == [0.598, 0.518, 0.432]


def test_keys_are_those_of_the_lesson():
    words = textbook().words
    for claim in claims():
        assert words[claim.query] == "it"
        assert claim.key is None or words[claim.key] == claim.word
    assert {c.word for c in claims() if c.quantity == "weight" and c.key is None} == {"the", "because", "too"}


def test_the_numbers_implied_by_the_text():
    totals = {c.step: c.implied for c in claims() if c.quantity == "total"}
    assert totals == {"Softmax": pytest.approx(1.00, abs=1e-12), "Weighted sum": pytest.approx(1.01, abs=1e-12)}
    assert [c.implied for c in claims() if c.quantity == "output"] == pytest.approx([0.601, 0.519, 0.433], abs=1e-12)
    animal = [c for c in claims() if (c.step, c.word) == ("Weighted sum", "animal")]
    assert [(c.value, c.implied) for c in animal] == [(0.70, 0.60)]
