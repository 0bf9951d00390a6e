"""The forward pass: its inputs, its weights by head, and what the traits of a model do to it."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from attention_core import model as forward
from attention_core.errors import InputError

IDS = [2, 97, 5, 41, 13, 0, 77]


def test_the_textbook_case(minilm):
    """In layer 3, head 1, "it" means the animal that was tired, and less so when the street was wide."""
    for word, animal, street in (("tired", 0.677, 0.050), ("wide", 0.281, 0.121)):
        trace = minilm.trace(f"The animal didn't cross the street because it was too {word}.")
        it = trace.pattern(3)[1, trace.tokens.index("it")]
        assert round(float(it[trace.tokens.index("animal")]), 3) == animal
        assert round(float(it[trace.tokens.index("street")]), 3) == street


def test_a_text_and_its_ids_give_the_same_stream(minilm):
    by_text = minilm.trace("Fruit flies like a banana.")
    by_ids = minilm.trace(ids=by_text.ids)
    np.testing.assert_array_equal(by_ids.resid, by_text.resid)
    assert by_ids.tokens == by_text.tokens
    assert [token.special for token in by_ids.pieces] == [token.special for token in by_text.pieces]


@pytest.mark.parametrize("given", [{}, {"text": "a", "ids": [1]}])
def test_a_text_or_ids_but_one_of_them(bert, given):
    with pytest.raises(InputError, match="either"):
        bert.trace(**given)


def test_a_model_reads_to_its_full_length_and_no_further(bert):
    assert bert.trace(ids=[1] * 43).contextual.shape == (43, 35)
    with pytest.raises(InputError, match=r"44 tokens .* 43"):
        bert.trace(ids=[1] * 44)


def test_one_token_looks_at_itself_alone(bert):
    np.testing.assert_array_equal(bert.trace(ids=[7]).pattern(2), np.ones((5, 1, 1)))


@pytest.mark.parametrize("kind", ["Q", "K", "V"])
def test_a_head_has_its_own_slice_of_the_fused_weights(bert, kind):
    """W(kind)[h] and b(kind)[h] give head h of the trace, from the stream by a plain product."""
    trace, layer, head = bert.trace(ids=IDS), 1, 3
    assert bert.W(kind, layer).shape == (5, 35, 7)
    expected = trace.resid_pre(layer).astype(float) @ bert.W(kind, layer)[head] + bert.b(kind, layer)[head]
    np.testing.assert_allclose(getattr(trace, kind.lower())(layer)[head], expected, atol=1e-5)


def test_embed_adds_word_position_and_segment_zero(bert):
    part = bert.embedding
    summed = part.W_E[IDS].astype(float) + part.W_pos[: len(IDS)] + part.W_seg[0]
    normed = (summed - summed.mean(1, keepdims=True)) / np.sqrt(summed.var(1, keepdims=True) + bert.config.norm_eps)
    expected = normed * part.w_norm + part.b_norm
    embedded = forward.embed(part, np.array(IDS), bert.config.norm_eps)
    np.testing.assert_allclose(embedded, expected, atol=1e-5)
    np.testing.assert_array_equal(embedded, bert.trace(ids=IDS).resid[0])


def test_running_leaves_the_weights_as_they_were(bert):
    before = copy.deepcopy(bert.embedding), copy.deepcopy(bert.blocks)
    bert.trace(ids=IDS)
    for old, new in zip((before[0], *before[1]), (bert.embedding, *bert.blocks), strict=True):
        for name, array in vars(old).items():
            np.testing.assert_array_equal(array, getattr(new, name))


def test_a_causal_model_never_looks_ahead(bert):
    causal = replace(bert, config=replace(bert.config, causal=True))
    short, long = causal.trace(ids=IDS[:4]), causal.trace(ids=IDS)
    np.testing.assert_allclose(long.resid[:, :4], short.resid, atol=1e-5)
    assert (long.pattern(1)[:, ~np.tri(7, dtype=bool)] == 0).all()
    assert np.abs(bert.trace(ids=IDS).resid[:, :4] - bert.trace(ids=IDS[:4]).resid).max() > 0.1


def test_the_activation_is_the_one_configured(bert):
    relu = replace(bert, config=replace(bert.config, activation="relu")).trace(ids=IDS)
    np.testing.assert_array_equal(relu.mlp_act(0), np.maximum(relu.mlp_in(0), 0))
    assert np.abs(relu.resid_post(0) - bert.trace(ids=IDS).resid_post(0)).max() > 0.1


@pytest.mark.parametrize("elements", [1, 3 * 7 * 7, 1 << 30])
def test_how_many_heads_run_at_once_changes_nothing(bert, monkeypatch, elements):
    whole = bert.trace(ids=IDS).resid
    monkeypatch.setattr(forward, "SCORES_BLOCK", elements)
    np.testing.assert_allclose(bert.trace(ids=IDS).resid, whole, atol=1e-5)
