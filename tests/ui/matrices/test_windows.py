"""The parts of axes that are on screen, as the address holds them."""

from hypothesis import given
from hypothesis import strategies as st

from ui.matrices.windows import read_starts, write_starts
from ui.shared.selection import clean

AXES = st.sampled_from(["dim", "model", "query", "key", "head", "head.dim", "mlp"])


@given(st.dictionaries(AXES, st.integers(0, 10**6)))
def test_starts_survive_a_round_trip_through_the_address(starts):
    kept = {axis: start for axis, start in starts.items() if start}
    text = write_starts(starts)
    assert read_starts(text) == kept
    assert clean({"at": text})[0]["at"] == text


def test_junk_is_refused():
    for junk in ("dim", "dim:x", "<b>:3", ":", "dim:1," * 20):
        assert "at" in clean({"at": junk})[1]
