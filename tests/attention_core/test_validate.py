"""Invalid arguments are refused with a message that says what to do; valid ones pass in every form."""

import numpy as np
import pytest

from attention_core.errors import InputError
from attention_core.validate import boolean_mask, check_index, check_text, integer_list, suggest_names, summarize


@pytest.mark.parametrize("index", [0, 4, np.int64(3), np.uint8(0)])
def test_an_index_may_be_any_whole_number_in_its_range(index):
    check_index("layer", index, 5)


@pytest.mark.parametrize("index", [-1, 5, 1.0, True, "mean", None, [1], np.float32(1)])
def test_any_other_index_is_refused_by_name(index):
    with pytest.raises(InputError, match=r"^Layer .* does not exist: give a whole number from 0 to 4\.$"):
        check_index("layer", index, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [(["a", "b"], "one text at a time, got a list of 2"), (("a",), "got a tuple of 1"), (5, "got 5 of type int"),
     (b"a", "of type bytes"), (None, "of type NoneType"),
     (np.zeros((2, 3, 3)), r"reads texts, not images: .* shape \[2, 3, 3\]")],
)  # fmt: skip
def test_anything_but_one_text_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        check_text(given)


@pytest.mark.parametrize("given", ["", "a", np.str_("a")])
def test_any_text_passes(given):
    check_text(given)


@pytest.mark.parametrize("given", [[4, 9], (4, 9), np.array([4, 9]), range(4, 10, 5), iter([4, 9])])
def test_ids_may_be_any_sequence(given):
    ids = integer_list("ids", given)
    assert ids == [4, 9]
    assert all(type(each) is int for each in ids)


@pytest.mark.parametrize(
    ("given", "said"),
    [("abc", "got the text 'abc'"), ([1.0], "got 1.0"), ([True], "got True"), ([[1, 2]], "run one row at a time"),
     (np.array([[1, 2]]), "run one row at a time"), (["a"], "got 'a'"), (5, "a list with one value for each token"),
     (np.array(5), "a list with one value for each token"), ([None], "got None")],
)  # fmt: skip
def test_anything_but_ids_is_refused(given, said):
    with pytest.raises(InputError, match=f"^ids .*{said}"):
        integer_list("ids", given)


@pytest.mark.parametrize("given", [[True, False], [1, 0], np.array([True, False]), np.array([1.0, 0.0])])
def test_a_mask_has_bools_or_0_and_1(given):
    assert boolean_mask("attention_mask", given, 2) == [True, False]


@pytest.mark.parametrize(
    ("given", "said"),
    [([True], "attention_mask has one value for each of the 2 tokens, got 1"),
     ([1, 2], "got 2"), (["a", "b"], "got 'a'"),
     ([[1], [0]], r"got \[1\]"), ("no", "got 'n'"), (5, "a list with one value for each token"),
     ([None, 1], "got None")],
)  # fmt: skip
def test_any_other_mask_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        boolean_mask("attention_mask", given, 2)


def test_long_arguments_are_summarized():
    assert len(summarize("x" * 10**6)) < 80
    assert summarize(np.zeros((3, 4))) == "an array of shape [3, 4]"
    assert summarize(np.int64(99)) == "99"


def test_similar_names_are_suggested():
    assert suggest_names("atn_out", ["attn_out", "q"]) == " Did you mean attn_out?"
    assert suggest_names("zzz", ["attn_out", "q"]) == ""
