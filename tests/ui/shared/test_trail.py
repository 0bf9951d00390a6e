"""The trail of opened numbers, as an address holds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.computation.derivation import Address
from ui.shared.trail import EMPTY, MAX_TRAIL_LENGTH, Trail

Q, W = Address("q", (3, 1, 10, 7)), Address("W_Q", (3, 1, 5, 7))
ADDRESSES = st.builds(
    Address, st.sampled_from(["q", "W_Q", "resid_pre", "logits"]), st.lists(st.integers(0, 10**6)).map(tuple)
)


@given(st.lists(ADDRESSES, max_size=MAX_TRAIL_LENGTH).map(tuple))
def test_a_trail_survives_writing_and_parsing(addresses):
    trail = Trail(addresses)
    assert Trail.parse(str(trail)) == trail
    assert bool(trail) == bool(addresses)


def test_the_longest_trail_is_valid():
    assert len(Trail.parse("~".join(["q.3"] * MAX_TRAIL_LENGTH)).addresses) == MAX_TRAIL_LENGTH


def test_numbers_are_opened_and_closed_again():
    trail = EMPTY.opened(Q).opened(W)
    assert str(trail) == "q.3.1.10.7~W_Q.3.1.5.7"
    assert trail.current == W
    assert trail.back_to(1) == EMPTY.opened(Q)
    assert trail.back_to(0) == EMPTY


@pytest.mark.parametrize("junk", ["q.3~<b>", "~q.3", "q.3~", "q.-1", " ", "~".join(["q.3"] * (MAX_TRAIL_LENGTH + 1))])
def test_junk_is_refused(junk):
    with pytest.raises(ValueError, match="addresses joined by"):
        Trail.parse(junk)
