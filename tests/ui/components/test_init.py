"""Shared by the components: invisible characters spelled out, and values from the browser checked."""

import pytest

from ui.components import chosen_cell, is_index, read_assets, show_invisible


@pytest.mark.parametrize(
    "pick", [None, 3, [], {"query": 1}, {"query": -1, "key": 0}, {"query": 5, "key": 0}, {"query": True, "key": 0}]
)
def test_a_pick_that_is_not_a_cell_is_ignored(pick):
    assert chosen_cell(pick, 5, 7) is None


def test_a_pick_is_a_cell():
    assert chosen_cell({"query": 4, "key": 0}, 5, 7) == (4, 0)
    assert chosen_cell({"query": 4, "key": 6}, 5, 7) == (4, 6)
    assert chosen_cell({"query": 6, "key": 4}, 5, 7) is None


@pytest.mark.parametrize(
    ("value", "holds"), [(0, True), (4, True), (5, False), (-1, False), (True, False), ("1", False)]
)
def test_an_index_is_an_integer_within_bounds(value, holds):
    assert is_index(value, 5) is holds


def test_invisible_characters_are_spelled_out_and_joined_emoji_kept():
    assert show_invisible("a\x07\u202eb") == "aU+0007U+202Eb"
    assert show_invisible("👩\u200d👧") == "👩\u200d👧"
    assert show_invisible("  ") == "␣␣"
    assert show_invisible(" a") == " a"
    assert show_invisible("\n") == "U+000A"
    assert show_invisible("\u200d") == "U+200D"


def test_assets_are_joined_without_comments():
    text = read_assets("selection.js", "token_strip.js")
    assert "export default function" in text
    assert not any(line.startswith("//") for line in text.splitlines())
