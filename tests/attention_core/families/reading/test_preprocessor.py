"""preprocessor_config.json: what AutoImageProcessor makes of it, keys that are ignored, and steps that are refused."""

import json

import pytest
from transformers import AutoImageProcessor
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from attention_core.config.image import ImageInput
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.preprocessor import (
    FILTERS,
    PREPROCESSOR_DEFAULTS,
    PREPROCESSOR_KEYS,
    ignored_preprocessor_keys,
    read_preprocessor,
)

IMAGE = ImageInput(224, 224, 16, 16)
ON_THE_HUB = {
    "google/vit-base-patch16-224": {
        "do_normalize": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "size": 224,
    },
    "google/vit-base-patch16-224-in21k": {
        "do_normalize": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "resample": 2, "size": 224, "feature_extractor_type": "ViTFeatureExtractor",
    },
    "WinKawaks/vit-tiny-patch16-224": {
        "do_normalize": True, "do_resize": True, "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2, "size": 224,
    },
    "nateraw/vit-age-classifier": {
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "ViTImageProcessor", "image_std": [0.5, 0.5, 0.5], "resample": 2,
        "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224},
    },
    "facebook/dino-vits16": {
        "do_normalize": True, "do_resize": True, "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": 224,
    },
    "a fine-tuned model of today": {
        "_valid_processor_keys": ["images", "do_resize"], "do_convert_rgb": None, "do_normalize": True,
        "do_rescale": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "ViTImageProcessor", "image_std": [0.5, 0.5, 0.5], "resample": 2,
        "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}, "license": "apache-2.0",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ON_THE_HUB)
def test_the_pixels_are_prepared_as_by_the_image_processor(tmp_path, name):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "vit"}))
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(ON_THE_HUB[name]))
    theirs = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    assert type(theirs) is ViTImageProcessorPil
    ours = read_preprocessor(IMAGE, ON_THE_HUB[name])
    assert (theirs.do_resize, theirs.do_rescale, theirs.do_normalize) == (True, True, True)
    assert not theirs.do_center_crop
    assert dict(theirs.size) == {"height": 224, "width": 224}
    assert (ours.filter, ours.divisor) == (FILTERS[theirs.resample], pytest.approx(1 / theirs.rescale_factor))
    assert (ours.mean, ours.std) == (tuple(theirs.image_mean), tuple(theirs.image_std))


@pytest.mark.parametrize("key", PREPROCESSOR_DEFAULTS)
def test_a_default_is_the_image_processors_own(key):
    default = ViTImageProcessorPil().to_dict()[key]
    assert PREPROCESSOR_DEFAULTS[key] == (list(default) if isinstance(default, tuple) else default)


def test_every_key_of_the_image_processor_is_known():
    assert ViTImageProcessorPil.valid_kwargs.__annotations__.keys() <= PREPROCESSOR_KEYS


def test_other_keys_are_ignored_and_listed():
    raw = ON_THE_HUB["a fine-tuned model of today"] | {"do_flip": False, "do_reduce_labels": None}
    assert ignored_preprocessor_keys(raw) == ("_valid_processor_keys", "do_flip", "do_reduce_labels", "license")
    own = {"auto_map": {"AutoImageProcessor": "image_processing_vit.ViTImageProcessor"}}
    assert read_preprocessor(IMAGE, raw | own) == read_preprocessor(IMAGE, {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"do_flip": True}, r"^do_flip = True is not a step of .*\. Use another model"),
        ({"do_thumbnail": 1}, "do_thumbnail"),
        ({"do_center_crop": True}, "do_center_crop"),
        ({"auto_map": {"AutoImageProcessor": "image_processing_ours.OurImageProcessor"}}, "^auto_map names code"),
        ({"image_processor_type": "CLIPImageProcessor"}, "CLIPImageProcessor"),
    ],
)
def test_another_step_is_refused_by_name(change, said):
    with pytest.raises(UnsupportedConfigError, match=said):
        read_preprocessor(IMAGE, change)
