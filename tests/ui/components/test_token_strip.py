"""The data of the token strip: labels as typed, the model's pieces, and the selection."""

from types import SimpleNamespace

import pytest

from ui.components import token_strip as strip
from ui.components.token_strip import Selection, StripToken, strip_data

TOKENS = [
    StripToken("", "[CLS]", special=True),
    StripToken("Un", "un"),
    StripToken("seen", "##seen", joined=True),
    StripToken("\x07", "[UNK]", joined=True, unknown=True),
    StripToken("<b>", "<b>"),
]


def test_labels_are_the_typed_text_with_invisible_characters_spelled_out():
    assert strip_data(TOKENS, Selection(1, 2, 0))["labels"] == ["[CLS]", "Un", "seen", "U+0007", "<b>"]


def test_pieces_are_sent_where_they_differ_from_the_label():
    assert strip_data(TOKENS, Selection(1, 2, 0))["pieces"] == [None, "un", "##seen", "[UNK]", None]


def test_flags_encode_special_joined_and_unknown():
    assert strip_data(TOKENS, Selection(1, 2, 0))["flags"] == [1, 0, 2, 2 + 4, 0]


def test_the_selection_is_sent_by_name():
    data = strip_data(TOKENS, Selection(query=3, key=1, head=7))
    assert (data["query"], data["key"], data["head"]) == (3, 1, 7)


def test_values_shared_by_all_tokens_are_not_sent():
    assert set(strip_data(TOKENS, Selection(0, 0, 0))) == {"labels", "pieces", "flags", "query", "key", "head"}


def test_key_tokens_have_a_row_of_their_own():
    data = strip_data(TOKENS, Selection(1, 2, 0), TOKENS[:2])
    assert data["keys"] == {"labels": ["[CLS]", "Un"], "pieces": [None, "un"], "flags": [1, 0]}
    assert len(data["labels"]) == 5


def mounted(monkeypatch, sent, keys=None):
    """The picks that the mounted strip passes on when the browser sends `sent`."""
    picks, mount = [], {}
    monkeypatch.setattr(strip, "_mount", lambda **options: mount.update(options))
    monkeypatch.setattr(strip, "st", SimpleNamespace(session_state={"chips": {"pick": sent}}))
    strip.token_strip(TOKENS, Selection(1, 2, 0), keys, key="chips", on_pick=lambda *cell: picks.append(cell))
    mount["on_pick_change"]()
    return picks


def test_a_pick_is_passed_on(monkeypatch):
    assert mounted(monkeypatch, {"query": 4, "key": 0}) == [(4, 0)]
    assert mounted(monkeypatch, {"query": 4, "key": 1}, TOKENS[:2]) == [(4, 1)]
    assert mounted(monkeypatch, {"query": 1, "key": 4}, TOKENS[:2]) == []


@pytest.mark.parametrize(
    "sent",
    [
        None,
        4,
        [4, 0],
        "40",
        {"query": 4},
        {"query": 5, "key": 0},
        {"query": 0, "key": -1},
        {"query": 1.0, "key": 0},
        {"query": True, "key": 0},
        {"query": "1", "key": 0},
    ],
)
def test_a_value_that_is_not_a_pick_is_ignored(monkeypatch, sent):
    assert mounted(monkeypatch, sent) == []
