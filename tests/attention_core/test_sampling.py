"""The next token's probabilities: the tokens that top k and top p keep, and sampling with a seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.errors import InputError
from attention_core.sampling import greedy, probabilities, sampled, top_ids

LOGITS = arrays(np.float32, st.integers(1, 37), elements=st.floats(-30, 30, width=32))
DISTINCT = arrays(np.float32, 23, elements=st.integers(-40, 40).map(lambda number: number / 4), unique=True)
TEMPERATURES, SHARES = st.floats(0.1, 3), st.floats(0.01, 1)


@given(LOGITS, TEMPERATURES, st.integers(0, 40), SHARES)
def test_probabilities_sum_to_1_and_keep_the_most_probable_token(logits, temperature, top_k, top_p):
    made = probabilities(logits, temperature, top_k, top_p)
    assert made.sum() == pytest.approx(1)
    assert (made >= 0).all()
    assert made[greedy(logits)] == made.max()


def test_the_most_probable_token_stays_where_rounded_probabilities_tie():
    logits = np.array([0, 1.4e-36], np.float32)
    assert probabilities(logits, top_p=0.5)[greedy(logits)] == 1


@given(DISTINCT, TEMPERATURES, st.integers(1, 23))
def test_top_k_keeps_k(logits, temperature, top_k):
    made = probabilities(logits, temperature, top_k)
    assert (made > 0).sum() == top_k
    assert set(np.flatnonzero(made)) == set(top_ids(logits, top_k))


@given(DISTINCT, SHARES)
def test_top_p_keeps_the_fewest_tokens_that_reach_it(logits, top_p):
    plain = np.sort(probabilities(logits))[::-1]
    kept = (probabilities(logits, top_p=top_p) > 0).sum()
    assert plain[:kept].sum() >= top_p - 1e-9
    assert kept == 1 or plain[: kept - 1].sum() < top_p + 1e-9


@pytest.mark.parametrize("shift", [-1e6, -1000.0, 800.0, 1e6])
def test_large_logits_give_the_probabilities_of_small_ones(shift):
    logits = np.array([0.0, 1.0, -2.0, 0.5, -745.0])
    shifted = (logits + shift).astype(np.float32)
    for settings in ({}, {"temperature": 0.125}, {"top_k": 2}, {"top_p": 0.6}):
        expected = probabilities(logits, **settings)
        assert np.isfinite(probabilities(shifted, **settings)).all()
        np.testing.assert_allclose(probabilities(shifted, **settings), expected, rtol=1e-9, atol=1e-300)


def test_a_tiny_temperature_leaves_the_largest_logit_only():
    logits = np.array([2, 3, -1, 3], np.float32)
    np.testing.assert_array_equal(probabilities(logits, 1e-310), [0, 0.5, 0, 0.5])


def test_the_order_is_temperature_then_k_then_p():
    """Of 0.4, 0.3, 0.2, 0.1 the top 2 are 4/7 and 3/7, of which the first alone reaches 1/2."""
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))
    np.testing.assert_allclose(probabilities(logits), [0.1, 0.4, 0.2, 0.3], atol=1e-7)
    np.testing.assert_allclose(probabilities(logits, top_k=2), [0, 4 / 7, 0, 3 / 7], atol=1e-7)
    np.testing.assert_allclose(probabilities(logits, top_p=0.5), [0, 4 / 7, 0, 3 / 7], atol=1e-7)
    np.testing.assert_allclose(probabilities(logits, top_k=2, top_p=0.5), [0, 1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(probabilities(logits, 0.5, 2), [0, 16 / 25, 0, 9 / 25], atol=1e-7)


def test_top_k_keeps_ties_with_its_last_token():
    assert (probabilities(np.array([1, 3, 1, 2, 1], np.float32), top_k=3) > 0).sum() == 5


@given(LOGITS, st.integers(1, 40))
def test_top_ids_are_in_order(logits, count):
    found = top_ids(logits, count)
    assert len(found) == len(set(found)) == min(count, len(logits))
    assert found == sorted(range(len(logits)), key=lambda i: (-logits[i], i))[: len(found)]
    assert found[0] == greedy(logits)


def test_a_seed_repeats_its_samples_which_follow_the_probabilities():
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))
    first, again, other = sampled(5), sampled(5), sampled(6)
    drawn = [first(logits) for _ in range(4000)]
    assert drawn == [again(logits) for _ in range(4000)]
    assert drawn != [other(logits) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(drawn) / 4000, [0.1, 0.4, 0.2, 0.3], atol=0.03)
    narrow = sampled(5, top_k=1)
    assert {narrow(logits) for _ in range(50)} == {1}


@pytest.mark.parametrize(
    ("setting", "said"),
    [({"temperature": 0}, "temperature is a number above 0, got 0; use ac"), ({"temperature": -1}, "above 0"),
     ({"temperature": float("nan")}, "above 0"),
     ({"temperature": "hot"}, "got 'hot'"), ({"top_k": -1}, "top_k"), ({"top_k": 1.5}, "top_k"),
     ({"top_p": 0}, "top_p"), ({"top_p": 1.5}, "top_p"), ({"top_p": True}, "top_p")],
)  # fmt: skip
def test_a_setting_out_of_range_is_refused_at_once(setting, said):
    with pytest.raises(InputError, match=said):
        sampled(1, **setting)
    with pytest.raises(InputError, match=said):
        probabilities(np.zeros(5, np.float32), **setting)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match="The seed is a whole number"):
        sampled(seed)
