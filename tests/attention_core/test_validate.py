"""What is given wrongly is refused with a message that says what to do; what is right passes in every form."""

import numpy as np
import pytest

from attention_core.errors import InputError
from attention_core.validate import check_index, check_text, marks, nearest, told, whole_numbers


@pytest.mark.parametrize("index", [0, 4, np.int64(3), np.uint8(0)])
def test_an_index_may_be_any_whole_number_in_its_range(index):
    check_index("layer", index, 5)


@pytest.mark.parametrize("index", [-1, 5, 1.0, True, "mean", None, [1], np.float32(1)])
def test_any_other_index_is_refused_by_name(index):
    with pytest.raises(InputError, match=r"^Layer .* is not there: give a whole number from 0 to 4\.$"):
        check_index("layer", index, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [(["a", "b"], "got 2 in a list: give each alone"), (("a",), "got 1 in a tuple"), (5, "got 5 of type int"),
     (b"a", "of type bytes"), (None, "of type NoneType"),
     (np.zeros((2, 3, 3)), r"reads texts, not images: .* shape \[2, 3, 3\]")],
)  # fmt: skip
def test_what_is_no_text_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        check_text(given)


@pytest.mark.parametrize("given", ["", "a", np.str_("a")])
def test_any_text_passes(given):
    check_text(given)


@pytest.mark.parametrize("given", [[4, 9], (4, 9), np.array([4, 9]), range(4, 10, 5), iter([4, 9])])
def test_ids_come_in_any_row(given):
    made = whole_numbers("ids", given)
    assert made == [4, 9]
    assert all(type(each) is int for each in made)


@pytest.mark.parametrize(
    ("given", "said"),
    [("abc", "got the text 'abc'"), ([1.0], "got 1.0"), ([True], "got True"), ([[1, 2]], "run one row at a time"),
     (np.array([[1, 2]]), "run one row at a time"), (["a"], "got 'a'"), (5, "a list with one value for each token"),
     (np.array(5), "a list with one value for each token"), ([None], "got None")],
)  # fmt: skip
def test_what_are_no_ids_is_refused(given, said):
    with pytest.raises(InputError, match=f"^ids .*{said}"):
        whole_numbers("ids", given)


@pytest.mark.parametrize("given", [[True, False], [1, 0], np.array([True, False]), np.array([1.0, 0.0])])
def test_marks_are_truth_values_or_0_and_1(given):
    assert marks("attention_mask", given, 2) == [True, False]


@pytest.mark.parametrize(
    ("given", "said"),
    [([True], "2 tokens need as many marks in attention_mask, got 1"), ([1, 2], "got 2"), (["a", "b"], "got 'a'"),
     ([[1], [0]], r"got \[1\]"), ("no", "got 'n'"), (5, "a list with one value for each token"),
     ([None, 1], "got None")],
)  # fmt: skip
def test_other_marks_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        marks("attention_mask", given, 2)


def test_what_is_long_is_told_briefly():
    assert len(told("x" * 10**6)) < 80
    assert told(np.zeros((3, 4))) == "an array of shape [3, 4]"
    assert told(np.int64(99)) == "99"


def test_near_names_are_offered():
    assert nearest("atn_out", ["attn_out", "q"]) == " Did you mean attn_out?"
    assert nearest("zzz", ["attn_out", "q"]) == ""
