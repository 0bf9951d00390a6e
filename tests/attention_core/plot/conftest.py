"""Patterns with known strongest edges, and hostile tokens."""

import numpy as np
import pytest

HOSTILE = [
    "<b>x</b>",
    '<a href="http://x">',
    "&amp;",
    "<script>alert(1)</script>",
    "]]>",
    "שלום",
    "\u202eright",
    "👩‍👩‍👧",
    "\x00",
    "\ud800",
    "\uffff",
    "",
    " ",
    "$x$",
    "%{y}",
]


def rows_of(scores):
    """Softmax over keys: rows that sum to 1."""
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.fixture
def sentence():
    """Seven tokens; the sixth attends to the third with weight 0.68."""
    tokens = ["[CLS]", "the", "animal", "crossed", "because", "it", "[SEP]"]
    pattern = np.full((7, 7), 0.02)
    pattern[:, 0] = 0.88
    pattern[5] = [0.1, 0.04, 0.68, 0.01, 0.02, 0.06, 0.09]
    pattern[2] = [0.3, 0.0, 0.2, 0.0, 0.0, 0.5, 0.0]
    return pattern, tokens
