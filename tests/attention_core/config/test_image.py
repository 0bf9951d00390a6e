"""Images cut into patches, and the position of each value of a patch in the image."""

import numpy as np
import pytest

from attention_core.config.image import ImageInput
from attention_core.errors import InputError

READS = ImageInput(height=17, width=37, patch_height=5, patch_width=7)


@pytest.fixture
def image():
    return np.random.default_rng(3).integers(0, 256, (17, 37, 3), dtype=np.uint8)


def test_a_remainder_at_the_edge_is_ignored():
    assert (READS.rows, READS.columns, READS.n_patches, READS.n_values) == (3, 5, 15, 105)


def test_locate_pixel_finds_every_value(image):
    cut = READS.patchify(image)
    assert cut.shape == (15, 105)
    assert cut.dtype == np.float32
    for patch in range(15):
        for value in range(105):
            y, x, colour = READS.locate_pixel(patch, value)
            assert cut[patch, value] == image[y, x, ("red", "green", "blue").index(colour)]


def test_unpatchify_restores_the_image(image):
    np.testing.assert_array_equal(READS.unpatchify(READS.patchify(image)), image[:15, :35])


def test_tokens_are_named_by_row_and_column():
    names = [READS.token_name(position) for position in (0, 1, 2, 5, 6, 15)]
    assert names == ["[CLS]", "r0 c0", "r0 c1", "r0 c4", "r1 c0", "r2 c4"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((37, 17, 3), np.uint8), r"\[17, 37, 3\] and type uint8, got \[37, 17, 3\]"),
        (np.zeros((17, 37, 4), np.uint8), r"got \[17, 37, 4\]"),
        (np.zeros((17, 37), np.uint8), r"got \[17, 37\]"),
        (np.zeros((17, 37, 3), np.float32), "float32"),
        (np.zeros((17, 37, 3), np.int64), "int64"),
    ],
)
def test_an_image_of_another_size_or_type_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        READS.patchify(wrong)
