import numpy as np

from ui.shared.shown import renormalize


def test_a_row_whose_shown_weights_are_all_0_stays_0():
    pattern = np.array([[[0.25, 0.25], [0, 0]], [[0, 0.125], [0.5, 0.5]]], np.float32)
    np.testing.assert_array_equal(renormalize(pattern), [[[0.5, 0.5], [0, 0]], [[0, 1], [0.5, 0.5]]])
