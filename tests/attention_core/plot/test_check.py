"""Anything but a pattern is refused by an error of the library."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.errors import InputError


@pytest.mark.parametrize("draw", [ac.plot.attention_heatmap, ac.plot.attention_graph])
@pytest.mark.parametrize(
    "pattern", ["text", None, [[1.0], [0.5, 0.5]], np.zeros((3, 2, 2)), [[np.nan] * 2] * 2, [[9, 0]] * 2]
)
def test_anything_but_a_pattern_is_refused(draw, pattern):
    with pytest.raises(InputError, match=r"expected .* got"):
        draw(pattern, ["a", "b"])
