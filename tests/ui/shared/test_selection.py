"""What an address may say, and what becomes of junk."""

from hypothesis import given
from hypothesis import strategies as st

from ui.shared.selection import DEFAULTS, READERS, clean


def test_nothing_said_is_the_default():
    assert clean({}) == (DEFAULTS, {})


def test_what_makes_sense_is_kept():
    wanted = {"text": "Hi", "layer": "2", "head": "mean", "q": "4", "k": "0", "hide": "True", "least": "0.25",
              "open": "q.3.1.10.7~resid_pre.3.10.5"}  # fmt: skip
    selection, refused = clean(wanted)
    assert refused == {}
    assert selection["layer"] == 2
    assert selection["head"] == "mean"
    assert (selection["q"], selection["k"]) == (4, 0)
    assert selection["hide"] is True
    assert selection["least"] == 0.25
    assert selection["open"] == wanted["open"]


def test_junk_is_named_and_the_default_stands():
    selection, refused = clean(
        {"layer": "three", "model": "../etc", "open": "<b>", "least": "7", "head": "1e9", "x": 1}
    )
    assert sorted(refused) == ["head", "layer", "least", "model", "open"]
    assert "../etc" in refused["model"]
    assert selection == DEFAULTS


ANYTHING = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans())


@given(st.fixed_dictionaries(dict.fromkeys(READERS, ANYTHING)))
def test_cleaning_never_fails_and_is_stable(wanted):
    selection, _ = clean(wanted)
    assert set(selection) == set(DEFAULTS)
    assert clean(selection) == (selection, {})
    assert clean({key: str(value) for key, value in selection.items() if value is not None})[0] == selection
