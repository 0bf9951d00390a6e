"""The entries of an address, and how junk in it is handled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from ui.shared.fields import DEFAULT_SELECTION, SELECTION_FIELDS
from ui.shared.selection import clean


def test_an_empty_address_is_the_default():
    assert clean({}) == (DEFAULT_SELECTION, {})


def test_valid_entries_are_kept():
    wanted = {"text": "Hi", "layer": "2", "head": "mean", "q": "4", "k": "0", "hide": "True", "least": "0.25",
              "open": "q.3.1.10.7~resid_pre.3.10.5"}  # fmt: skip
    selection, refused = clean(wanted)
    assert refused == {}
    assert selection["layer"] == 2
    assert selection["head"] == "mean"
    assert (selection["q"], selection["k"]) == (4, 0)
    assert selection["hide"] is True
    assert selection["least"] == 0.25
    assert str(selection["open"]) == wanted["open"]


def test_junk_is_named_and_the_default_kept():
    selection, refused = clean(
        {"layer": "three", "model": "../etc", "open": "<b>", "least": "7", "head": "1e9", "x": 1}
    )
    assert sorted(refused) == ["head", "layer", "least", "model", "open"]
    assert "../etc" in refused["model"]
    assert selection == DEFAULT_SELECTION


ANYTHING = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans())


@given(st.fixed_dictionaries(dict.fromkeys(SELECTION_FIELDS, ANYTHING)))
def test_cleaning_never_fails_and_is_stable(wanted):
    selection, _ = clean(wanted)
    assert set(selection) == set(DEFAULT_SELECTION)
    assert clean(selection) == (selection, {})
    assert clean({key: str(value) for key, value in selection.items() if value is not None})[0] == selection


SET = {"q": 4, "k": 2, "open": "q.3.1.4.0", "logit": "logits.4.7", "written": "5:1.2", "layer": 2}


def page():
    import streamlit as st

    from ui.shared.selection import clean, put

    st.session_state.setdefault("selection", clean(st.session_state.before)[0])
    put(**st.session_state.change)


def after(**change):
    """The entries of `SET` that are left after a choice."""
    test = AppTest.from_function(page)
    test.session_state.before, test.session_state.change = SET, change
    selection = test.run().session_state.selection
    assert {name: selection[name] for name in change} == change
    return {name for name in SET.keys() - change.keys() if selection[name] != DEFAULT_SELECTION[name]}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"text": "Another."}, {"layer"}),
        ({"model": "gpt2"}, {"layer"}),
        ({"text": "Another.", "q": 4, "k": 2, "written": "8:3"}, {"layer"}),
        ({"head": "3"}, SET.keys() - {"open"}),
        ({"q": 1}, SET.keys() - {"open", "q"}),
        ({"graph": "all"}, SET.keys()),
    ],
)
def test_a_choice_resets_only_the_entries_that_depend_on_it(change, left):
    assert after(**change) == left
