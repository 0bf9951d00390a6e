"""Which parts of axes are on screen, as an address holds it."""

from hypothesis import given
from hypothesis import strategies as st

from ui.matrices.windows import read_starts, write_starts
from ui.shared.selection import clean

AXES = st.sampled_from(["dim", "model", "query", "key", "head", "head.dim", "mlp"])


@given(st.dictionaries(AXES, st.integers(0, 10**6)))
def test_what_is_written_is_read_again_and_survives_the_address(found):
    kept = {axis: start for axis, start in found.items() if start}
    text = write_starts(found)
    assert read_starts(text) == kept
    assert clean({"at": text})[0]["at"] == text


def test_junk_is_refused():
    for junk in ("dim", "dim:x", "<b>:3", ":", "dim:1," * 20):
        assert "at" in clean({"at": junk})[1]
