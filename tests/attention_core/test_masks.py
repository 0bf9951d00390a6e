"""Masks, position by position; the queries are the last of the keys' positions."""

from attention_core.masks import causal, window


def test_causal_sees_itself_and_what_came_before():
    mask = causal(5, 7)
    assert mask.shape == (5, 7)
    assert mask.tolist() == [[key <= query for key in range(7)] for query in range(2, 7)]
    assert causal(1, 3).all()


def test_a_window_reaches_both_ways():
    assert window(2, 7, 3).tolist() == [[abs(key - query) < 3 for key in range(7)] for query in (5, 6)]
