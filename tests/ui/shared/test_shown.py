import numpy as np

from ui.shared.shown import renormalize, strip_tokens


def test_a_row_whose_shown_weights_are_all_0_stays_0():
    pattern = np.array([[[0.25, 0.25], [0, 0]], [[0, 0.125], [0.5, 0.5]]], np.float32)
    np.testing.assert_array_equal(renormalize(pattern), [[[0.5, 0.5], [0, 0]], [[0, 1], [0.5, 0.5]]])


def test_only_pieces_of_a_word_are_joined_to_the_one_before(minilm):
    trace = minilm.trace("Unbelievably seen")
    strip = strip_tokens(trace, [*range(len(trace.pieces))])
    word = [token.text for token in strip[1:-1]]
    assert "".join(word[:-1]) == "Unbelievably"
    assert [token.joined for token in strip] == [False, False, *[True] * (len(word) - 2), False, False]
