"""Image models: tokens, numbers, refused input, and derivations from a weight down to a pixel."""

import json

import numpy as np
import pytest

import attention_core as ac
from attention_core.computation.derivation import Address, evaluate
from attention_core.errors import CheckpointError, InputError, UnsupportedConfigError
from attention_core.explain import open_term
from tests.images import PREPROCESSOR, write_vit


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    return ac.load(write_vit(tmp_path_factory.mktemp("vit")))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).integers(0, 256, (40, 56, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def trace(vit, image):
    return vit.trace(image)


def test_tokens_are_the_class_token_and_the_patches(trace):
    assert trace.tokens[:3] == ["[CLS]", "r0 c0", "r0 c1"]
    assert trace.tokens[-1] == "r3 c6"
    assert [token.special for token in trace.pieces] == [True] + [False] * 28
    assert trace.ids == list(range(29))


def test_the_patches_are_a_convolution(vit, image, trace):
    """Computed pixel by pixel from the convolution's own layout: [model, colour, row, column]."""
    kernel = vit.parameter("W_patch", None).T.reshape(35, 3, 10, 8)
    pixels = (image / 255 - np.array(PREPROCESSOR["image_mean"])) / np.array(PREPROCESSOR["image_std"])
    window = pixels[20:30, 40:48]  # row 2, column 5
    expected = np.einsum("yxc,mcyx->m", window, kernel) + vit.parameter("b_patch", None)
    np.testing.assert_allclose(trace.array("patch_embedding", None)[2 * 7 + 5], expected, atol=1e-4)
    at = 1 + 2 * 7 + 5
    np.testing.assert_allclose(trace.resid[0][at], expected + vit.parameter("W_pos", None)[at], atol=1e-4)
    np.testing.assert_array_equal(trace.resid[0][0], vit.parameter("W_cls", None) + vit.parameter("W_pos", None)[0])


def test_logits_are_computed_from_the_class_token(vit, trace):
    assert trace.logits().shape == (3,)
    expected = vit.parameter("W_U", None) @ trace.contextual[0] + vit.parameter("b_U", None)
    np.testing.assert_allclose(trace.logits(), expected, atol=1e-5)


def leaves(term):
    if not term.parts:
        yield term
    for part in term.parts:
        yield from leaves(part)


def opened(trace, name, *indices):
    return open_term(trace, Address(name, indices))


def test_a_weight_opens_down_to_the_trained_numbers_and_the_pixels(trace):
    """Each number opens into the next, and its tree gives the number in the trace."""
    walk = ("q", "attn_normed", "resid_pre", "normalized", "pixel")
    term, met = opened(trace, "weight", 0, 3, 20, 6), set()
    for wanted in walk:
        addresses = [leaf.at for leaf in leaves(term) if leaf.at]
        met |= {at.quantity for at in addresses}
        at = next(at for at in addresses if at.quantity == wanted)
        term = open_term(trace, at)
        in_layer = wanted in trace.declared(0)
        numbers = trace.array(wanted, 0 if in_layer else None)
        assert evaluate(term) == pytest.approx(float(numbers[at.indices[in_layer:]]), abs=2e-5)
    assert {"W_Q", "w_attn", "W_patch", "b_patch", "W_pos"} <= met
    assert trace.model.sources["W_patch", None] == "embeddings.patch_embeddings.projection.weight"
    assert "0 to 255" in term.note


def test_a_pixel_is_normalized_in_a_separate_step(trace, image):
    term = opened(trace, "normalized", 9, 100)
    y, x, colour = trace.model.image.locate_pixel(9, 100)
    channel = ("red", "green", "blue").index(colour)
    mean, std = (PREPROCESSOR[key][channel] for key in ("image_mean", "image_std"))
    assert evaluate(term) == pytest.approx((image[y, x, channel] / 255 - mean) / std, abs=1e-6)
    assert [float(leaf.value) for leaf in leaves(term)] == pytest.approx([image[y, x, channel], 255, mean, std])


def test_the_class_token_has_no_pixel(trace):
    term = opened(trace, "embedding", 0, 4)
    assert {leaf.at.quantity for leaf in leaves(term)} == {"W_cls", "W_pos"}


@pytest.mark.parametrize("given", [{}, {"ids": [1, 2]}, {"image": "a sentence"}])
def test_anything_but_an_image_is_refused(vit, given):
    with pytest.raises(InputError, match="reads images"):
        vit.trace(**given)


def test_a_folder_without_its_preprocessor_is_refused(tmp_path):
    write_vit(tmp_path)
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"no preprocessor_config\.json"):
        ac.load(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("do_resize", False), ("do_center_crop", True), ("size", 224), ("size", {"shortest_edge": 40}), ("resample", 9),
     ("image_mean", [0.5]), ("image_std", [1, 0, 1]), ("rescale_factor", 0), ("do_rescale", None), ("do_flip", True),
     ("image_processor_type", "DeiTImageProcessor")],
)  # fmt: skip
def test_an_unsupported_preprocessor_setting_is_refused_by_name(tmp_path, key, value):
    write_vit(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR | {key: value}))
    with pytest.raises(UnsupportedConfigError, match=key):
        ac.load(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [("num_channels", 1), ("image_size", [4, 5, 6]), ("patch_size", 57), ("patch_size", 0)]
)
def test_an_image_size_that_patches_do_not_divide_is_refused_by_name(tmp_path, key, value):
    write_vit(tmp_path)
    raw = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(raw | {key: value}))
    with pytest.raises(UnsupportedConfigError, match=key if value != 57 else "Patches of 57"):
        ac.load(tmp_path)


def test_without_labels_there_are_no_logits(tmp_path):
    write_vit(tmp_path)
    model = ac.load(tmp_path)
    assert model.config.head == "untied"
    raw = (tmp_path / "model.safetensors").read_bytes()
    renamed = raw.replace(b"classifier.weight", b"pooler.dense.abcd").replace(b"classifier.bias", b"pooler.dense.xy")
    (tmp_path / "model.safetensors").write_bytes(renamed)
    with pytest.raises(InputError, match="no logits"):
        ac.load(tmp_path).trace(np.zeros((40, 56, 3), np.uint8)).logits()


@pytest.mark.parametrize(
    ("image", "said"),
    [([[1], [2, 3]], "reads images"), (5, r"got \[\]"), (np.zeros((40, 56, 3)), "float64"),
     (np.zeros((40, 56), np.uint8), r"got \[40, 56\]")],
)  # fmt: skip
def test_an_image_of_another_size_or_type_is_refused(vit, image, said):
    with pytest.raises(InputError, match=said):
        vit.trace(image)
