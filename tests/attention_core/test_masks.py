"""Masks, position by position."""

from attention_core.masks import causal


def test_causal_sees_itself_and_what_came_before():
    mask = causal(5, 7)
    assert mask.shape == (5, 7)
    assert mask.tolist() == [[key <= query for key in range(7)] for query in range(5)]
