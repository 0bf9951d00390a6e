"""Writing on: always the likeliest, until an end or long enough."""

import numpy as np
import pytest

from attention_core.greedy import greedy

NEXT = {7: 3, 3: 11, 11: 5, 5: 2, 2: 2}
"""Token -> the one that is likeliest after it."""


def scores(ids):
    return np.eye(13)[NEXT[ids[-1]]] - 4


@pytest.mark.parametrize(
    ("ends", "most", "written"),
    [
        ((2,), 8, ([3, 11, 5], True)),
        ((), 8, ([3, 11, 5, 2, 2, 2, 2, 2], False)),
        ((5, 2), 8, ([3, 11], True)),
        ((2,), 3, ([3, 11, 5], False)),
        ((3,), 8, ([], True)),
        ((2,), 0, ([], False)),
    ],
)
def test_the_likeliest_until_an_end(ends, most, written):
    assert greedy(scores, 7, ends, most) == written


def test_every_token_written_is_read_again():
    read = []
    greedy(lambda ids: read.append(list(ids)) or scores(ids), 7, (), 3)
    assert read == [[7], [7, 3], [7, 3, 11]]
