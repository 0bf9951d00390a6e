"""Undo and redo."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.worked_example.history import MOST_STEPS, History


def pushed(*values):
    history = History(values[0])
    for value in values[1:]:
        history = history.push(value)
    return history


def test_undo_and_redo():
    history = pushed("a", "b", "c")
    back = history.undo().undo()
    assert (back.present, back.past, back.future) == ("a", (), ("b", "c"))
    assert back.redo() == History("b", ("a",), ("c",))
    assert back.redo().redo() == history


def test_undo_and_redo_at_either_end_change_nothing():
    history = pushed("a", "b")
    assert history.redo() is history
    assert History("a").undo() == History("a")


def test_an_edit_clears_redo_and_the_same_value_keeps_it():
    back = pushed("a", "b", "c").undo()
    assert back.push("d") == History("d", ("a", "b"), ())
    assert back.push("b") is back


def test_the_oldest_steps_are_dropped():
    history = pushed(*range(MOST_STEPS + 8))
    assert (len(history.past), history.past[0], history.present) == (100, 7, 107)
    for _ in range(200):
        history = history.undo()
    assert (history.present, len(history.future)) == (7, 100)


def test_a_history_is_immutable():
    with pytest.raises(FrozenInstanceError):
        History("a").present = "b"


@given(st.lists(st.sampled_from(["undo", "redo", 1, 2, 3]), max_size=40))
def test_any_sequence_of_moves_follows_a_list_of_values(moves):
    line, at, history = [0], 0, History(0)
    for move in moves:
        if move == "undo":
            at, history = max(at - 1, 0), history.undo()
        elif move == "redo":
            at, history = min(at + 1, len(line) - 1), history.redo()
        else:
            if move != line[at]:
                line, at = [*line[: at + 1], move], at + 1
            history = history.push(move)
        assert [*history.past, history.present, *history.future] == line
        assert history.present == line[at]
        assert len(history.past) == at
