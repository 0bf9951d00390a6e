"""Image models against their reference, live: every intermediate of every layer, from the pixels to the labels."""

import json
import random
from functools import partial

import numpy as np
import pytest

import attention_core as ac
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.preprocessor import PREPROCESSOR_KEYS
from tests.oracle.fuzzing import check_outcomes, outcomes
from tests.oracle.images import IMAGES, draw_image, make, processor
from tests.oracle.test_fuzz import VALUES, keys

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

CASES = [(name, at) for name, row in IMAGES.items() for at in range(len(row.variants))]


def compared(theirs, ours, folder, image, attention_mask=None, relative=0.0):
    """A sentence about the first tensor that differs, including the normalized pixels and the embeddings, or None."""
    from tests.oracle.capture import capture, difference, first_difference

    pixels = processor(folder)(image, return_tensors="pt", input_data_format="channels_last")["pixel_values"]
    trace = ours.trace(image, attention_mask=attention_mask)
    reads = ours.image
    cut = pixels[0, :, : reads.rows * reads.patch_height, : reads.columns * reads.patch_width].numpy()
    shape = (3, reads.rows, reads.patch_height, reads.columns, reads.patch_width)
    patches = cut.reshape(shape).transpose(1, 3, 0, 2, 4).reshape(reads.n_patches, reads.n_values)
    message = difference(trace.array("normalized", None), patches, slice(None), "normalized", relative)
    expected = capture(theirs, IMAGES["vit"], pixels, attention_mask)
    return message or first_difference(trace, expected, attention_mask, relative)


@pytest.mark.parametrize(("name", "variant"), CASES)
@pytest.mark.parametrize("model", [None, "ViTModel"])
def test_every_intermediate(tmp_path, name, variant, model):
    theirs, ours = make(name, variant, tmp_path, model), ac.load(tmp_path)
    rng = np.random.default_rng(variant)
    reads = ours.image
    for _ in range(3):
        message = compared(theirs, ours, tmp_path, draw_image(rng, reads.height, reads.width))
        assert not message, message
    black = compared(theirs, ours, tmp_path, np.zeros((reads.height, reads.width, 3), np.uint8))
    assert not black, black


@pytest.mark.parametrize("mask", ["right", "holes"])
def test_masks_given_by_the_caller(tmp_path, mask):
    theirs, ours = make("vit", 0, tmp_path), ac.load(tmp_path)
    attention_mask = {"right": [True] * 8 + [False] * 5, "holes": [True, False, True] * 4 + [True]}[mask]
    message = compared(theirs, ours, tmp_path, draw_image(np.random.default_rng(3), 15, 28), attention_mask)
    assert not message, message


def test_the_body_of_a_masked_image_model(tmp_path):
    """A checkpoint with a mask token and a decoder contains the same body."""
    import transformers

    theirs = make("vit", 1, tmp_path, "ViTForMaskedImageModeling", encoder_stride=3)
    ours = ac.load(tmp_path)
    body = transformers.ViTModel(theirs.config, add_pooling_layer=False).eval()
    body.load_state_dict(theirs.vit.state_dict(), strict=False)
    assert not compared(body, ours, tmp_path, draw_image(np.random.default_rng(2), 21, 21))


@pytest.mark.parametrize("variant", range(len(IMAGES["vit"].variants)))
def test_every_number_opens(tmp_path, variant):
    """Derivations equal the trace's numbers, for every quantity of every layer."""
    make("vit", variant, tmp_path)
    model = ac.load(tmp_path)
    trace = model.trace(draw_image(np.random.default_rng(5), model.image.height, model.image.width))
    for layer in (None, *range(model.config.n_layers)):
        for quantity in trace.declared(layer):
            numbers = trace.array(quantity, layer)
            for indices in {tuple(size - 1 - (size > 2) for size in numbers.shape), (0,) * numbers.ndim}:
                address = ac.explain.Address(quantity, indices if layer is None else (layer, *indices))
                term = ac.explain.open_term(trace, address)
                assert float(term.value) == pytest.approx(float(numbers[indices]), abs=2e-5, rel=2e-5), str(address)


@pytest.mark.parametrize("seed", range(3))
def test_equal_or_refused(tmp_path, seed):
    def differs(theirs, ours, folder):
        image = draw_image(np.random.default_rng(seed), ours.image.height, ours.image.width)
        return compared(theirs, ours, folder, image)

    tested = [*keys("vit"), "image_size", "patch_size"]
    values = [*VALUES, [15, 28], [5, 7], 5, [3, 4, 5], 15]
    check_outcomes(outcomes(tmp_path, tested, values, random.Random(seed), partial(make, "vit", 0), differs))


PIXEL_VALUES = [True, False, None, 0, 1, 2, 3, 0.5, -1, 1e-3, [0.5], [0.1, 0.2, 0.3], [1.0, 2.0, 0.0], "else", {}, 15,
                {"height": 15, "width": 28}, {"height": 28, "width": 15}, {"shortest_edge": 15}]  # fmt: skip


@pytest.mark.parametrize("key", sorted({*PREPROCESSOR_KEYS, "do_flip", "a_key_of_tomorrow"}))
def test_a_preprocessor_is_equal_or_refused(tmp_path, key):
    theirs = make("vit", 0, tmp_path)
    path, image = tmp_path / "preprocessor_config.json", draw_image(np.random.default_rng(7), 15, 28)
    raw, refusals = json.loads(path.read_text()), []
    # Pixels that are not scaled below 1 give a residual stream of 1800 and more, where the spacing of float32 is 1.2e-4
    # and torch itself is 5e-4 from float64.
    relative = 1e-6 if key in ("do_rescale", "rescale_factor") else 0.0
    for value in PIXEL_VALUES:
        path.write_text(json.dumps(raw | {key: value}))
        try:
            ours = ac.load(tmp_path)
        except UnsupportedConfigError as error:
            refusals.append(str(error))
            continue
        try:
            processor(tmp_path)(image, return_tensors="pt", input_data_format="channels_last")
        except Exception:
            continue  # the reference itself refuses
        message = compared(theirs, ours, tmp_path, image, relative=relative)
        assert not message, f"{key} = {value!r}: {message}"
    assert all(key in refusal for refusal in refusals)
