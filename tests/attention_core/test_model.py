"""The forward pass: its inputs, its weights by head, and the effects of a model's traits."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from attention_core.errors import InputError
from attention_core.runtime import blocked_attention

IDS = [2, 97, 5, 41, 13, 0, 77]


def test_the_textbook_case(minilm):
    """In layer 3, head 1, "it" attends to the tired animal, and less so when the street is wide."""
    for word, animal, street in (("tired", 0.677, 0.050), ("wide", 0.281, 0.121)):
        trace = minilm.trace(f"The animal didn't cross the street because it was too {word}.")
        it = trace.pattern(3)[1, trace.tokens.index("it")]
        assert round(float(it[trace.tokens.index("animal")]), 3) == animal
        assert round(float(it[trace.tokens.index("street")]), 3) == street


def test_a_text_and_its_ids_give_the_same_residual_stream(minilm):
    by_text = minilm.trace("Fruit flies like a banana.")
    by_ids = minilm.trace(ids=by_text.ids)
    np.testing.assert_array_equal(by_ids.resid, by_text.resid)
    assert by_ids.tokens == by_text.tokens
    assert [token.special for token in by_ids.pieces] == [token.special for token in by_text.pieces]


def test_the_text_of_a_trace_can_be_written(minilm):
    trace = minilm.trace("a\ud800b")
    assert trace.text == "a\ufffdb"
    assert trace.ids == minilm.trace("a\ufffdb").ids


@pytest.mark.parametrize("given", [{}, {"text": "a", "ids": [1]}])
def test_either_a_text_or_ids(bert, given):
    with pytest.raises(InputError, match="either"):
        bert.trace(**given)


def test_a_model_reads_its_full_context_length_and_no_more(bert):
    assert bert.trace(ids=[1] * 43).contextual.shape == (43, 35)
    with pytest.raises(InputError, match=r"44 tokens .* 43"):
        bert.trace(ids=[1] * 44)


def test_a_single_token_attends_only_to_itself(bert):
    np.testing.assert_array_equal(bert.trace(ids=[7]).pattern(2), np.ones((5, 1, 1)))


@pytest.mark.parametrize("kind", ["Q", "K", "V"])
def test_a_head_has_its_own_slice_of_the_fused_weights(bert, kind):
    """W_kind[h] and b_kind[h] give head h of the trace, by a plain product with the residual stream."""
    trace, layer, head = bert.trace(ids=IDS), 1, 3
    weight, bias = bert.parameter(f"W_{kind}", layer), bert.parameter(f"b_{kind}", layer)
    assert (weight.shape, bias.shape) == ((5, 35, 7), (5, 7))
    expected = trace.resid_pre(layer).astype(float) @ weight[head] + bias[head]
    np.testing.assert_allclose(getattr(trace, kind.lower())(layer)[head], expected, atol=1e-5)


def test_embed_adds_word_position_and_segment_zero(bert):
    part = {name: bert.parameter(name, None) for name in ("W_E", "W_pos", "W_seg", "w_norm", "b_norm")}
    summed = part["W_E"][IDS].astype(float) + part["W_pos"][: len(IDS)] + part["W_seg"][0]
    normed = (summed - summed.mean(1, keepdims=True)) / np.sqrt(summed.var(1, keepdims=True) + bert.config.norm_eps)
    np.testing.assert_allclose(bert.trace(ids=IDS).resid[0], normed * part["w_norm"] + part["b_norm"], atol=1e-5)


def test_a_run_leaves_the_weights_unchanged(bert):
    before = copy.deepcopy(dict(bert.weights))
    bert.trace(ids=IDS)
    assert set(before) == set(bert.weights)
    for key, array in before.items():
        np.testing.assert_array_equal(array, bert.weights[key])


def test_padding_is_not_attended_to(bert):
    """On the right or in the middle; a mask without padding changes nothing."""
    alone, filled = bert.trace(ids=IDS), bert.trace(ids=[*IDS, 9, 9], attention_mask=[True] * 7 + [False] * 2)
    np.testing.assert_allclose(filled.resid[:, :7], alone.resid, atol=1e-5)
    assert (filled.pattern(1)[:, :, 7:] == 0).all()
    np.testing.assert_array_equal(bert.trace(ids=IDS, attention_mask=[True] * 7).resid, alone.resid)
    with pytest.raises(InputError, match="attention_mask has one value for each of the 7 tokens, got 2"):
        bert.trace(ids=IDS, attention_mask=[True, False])


def test_a_causal_model_never_attends_to_later_tokens(bert):
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
    monkeypatch.setattr(blocked_attention, "SCORES_PER_BLOCK", elements)
    np.testing.assert_allclose(bert.trace(ids=IDS).resid, whole, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 3, 6])
@pytest.mark.parametrize("window", [None, 2, 5])
def test_how_many_queries_run_at_once_changes_nothing(bert, monkeypatch, rows, window):
    causal = replace(bert, config=replace(bert.config, causal=True, windows=(window, None, window)))
    whole = causal.trace(ids=IDS)
    monkeypatch.setattr(blocked_attention, "CAUSAL_ROWS", rows)
    np.testing.assert_allclose(causal.trace(ids=IDS).resid, whole.resid, atol=1e-5)
    assert (whole.pattern(0) > 0).sum(axis=2).max() == (window or 7)
    assert (whole.pattern(1) > 0).sum(axis=2).max() == 7


@pytest.mark.parametrize(
    ("given", "said"),
    [({"text": ["a", "b"]}, "Give one text at a time"), ({"text": np.zeros((4, 4, 3))}, "reads texts, not images"),
     ({"text": 5}, "A text is a str"), ({"ids": "abc"}, "ids are whole numbers"), ({"ids": [1.0]}, "got 1.0"),
     ({"ids": [True]}, "got True"), ({"ids": [[1, 2]]}, "one row at a time"), ({"ids": []}, "no tokens"),
     ({"ids": [1, 2], "attention_mask": [1, 2]}, "True or False for each token, got 2")],
)  # fmt: skip
def test_invalid_input_is_refused(bert, given, said):
    with pytest.raises(InputError, match=said):
        bert.trace(**given)


def test_ids_and_masks_may_be_arrays(bert):
    marks = [True] * 6 + [False]
    expected = bert.trace(ids=IDS, attention_mask=marks)
    made = bert.trace(ids=np.array(IDS), attention_mask=np.array(marks))
    np.testing.assert_array_equal(made.resid, expected.resid)
    assert made.ids == IDS
