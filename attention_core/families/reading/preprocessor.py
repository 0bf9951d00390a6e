"""preprocessor_config.json as traits of an image; keys that would not be computed exactly are refused by name.

The reference is the image processor of ViT in transformers, whose keys are all known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from attention_core.config.image import COLOURS, ImageInput
from attention_core.config.model_config import is_finite_number, is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.ignored import check_own_code

FILTERS = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""Pillow's filters, indexed by their number."""

PROCESSORS = ("ViTImageProcessor", "ViTImageProcessorFast", "ViTFeatureExtractor")
PREPROCESSOR_DEFAULTS: Mapping[str, Any] = {
    "do_resize": True, "size": {"height": 224, "width": 224}, "resample": 2,
    "do_rescale": True, "rescale_factor": 1 / 255,
    "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip
PREPROCESSOR_REQUIRED: Mapping[str, tuple[Any, ...]] = {
    "do_resize": (True,), "default_to_square": (True, None), "do_center_crop": (False, None), "do_pad": (False, None),
    "image_processor_type": PROCESSORS, "feature_extractor_type": PROCESSORS,
}  # fmt: skip
PREPROCESSOR_HARMLESS = frozenset([
    "crop_size", "data_format", "device", "disable_grouping", "do_convert_rgb", "image_seq_length",
    "input_data_format", "pad_size", "processor_class", "return_tensors",
])  # fmt: skip
"""Keys without effect: of steps that are not taken, and of the form in which images are passed."""

PREPROCESSOR_KEYS = frozenset({*PREPROCESSOR_DEFAULTS, *PREPROCESSOR_REQUIRED, *PREPROCESSOR_HARMLESS})


def read_preprocessor(image: ImageInput, raw: Mapping[str, Any]) -> ImageInput:
    """A model's image input, with the preprocessing of its pixels; UnsupportedConfigError names an unsupported key."""
    check_own_code("vit", raw.get("auto_map"))
    for step in ignored_preprocessor_keys(raw):
        if step.startswith("do_") and raw[step]:
            raise UnsupportedConfigError(f"{step} = {raw[step]!r} is not a step of this family's image processor.")
    for key, allowed in PREPROCESSOR_REQUIRED.items():
        if key in raw and not any(type(raw[key]) is type(each) and raw[key] == each for each in allowed):
            raise UnsupportedConfigError(f"{key} = {raw[key]!r} is not supported; supported: {allowed[0]!r}.")
    values = {**PREPROCESSOR_DEFAULTS, **raw}
    check_image_size(image, values["size"])
    resample = values["resample"]
    if not is_integer(resample, 0) or resample >= len(FILTERS):
        raise UnsupportedConfigError(f"resample = {resample!r} is not supported; supported: 0 to {len(FILTERS) - 1}.")
    factor = values["rescale_factor"]
    if not is_finite_number(factor) or not 1e-9 < factor < 1e9:
        raise UnsupportedConfigError(f"rescale_factor must be a number above 0, got {factor!r}.")
    return replace(
        image,
        filter=FILTERS[resample],
        divisor=1 / factor if read_flag(values, "do_rescale") else 1.0,
        mean=read_colours(values, "image_mean", -1e9) if read_flag(values, "do_normalize") else (0.0, 0.0, 0.0),
        std=read_colours(values, "image_std", 1e-9) if read_flag(values, "do_normalize") else (1.0, 1.0, 1.0),
    )


def ignored_preprocessor_keys(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a preprocessor that the image processor does not define, sorted."""
    return tuple(sorted(raw.keys() - PREPROCESSOR_KEYS))


def check_image_size(image: ImageInput, size: object) -> None:
    """UnsupportedConfigError unless images are resized to the size that the model reads."""
    both = {"height": size, "width": size} if is_integer(size, 1) else size
    if both != {"height": image.height, "width": image.width}:
        raise UnsupportedConfigError(
            f"size = {size!r} is not supported: this model reads images of {image.height} × {image.width}."
        )


def read_flag(values: Mapping[str, Any], key: str) -> bool:
    """Whether a preprocessing step is taken."""
    if not isinstance(values[key], bool):
        raise UnsupportedConfigError(f"{key} must be true or false, got {values[key]!r}.")
    return values[key]  # type: ignore[no-any-return]


def read_colours(values: Mapping[str, Any], key: str, least: float) -> tuple[float, float, float]:
    """One number for each colour, each above `least`."""
    numbers = values[key]
    if not isinstance(numbers, list) or len(numbers) != len(COLOURS):
        raise UnsupportedConfigError(f"{key} must be {len(COLOURS)} numbers, got {numbers!r}.")
    for number in numbers:
        if not is_finite_number(number) or not least < number < 1e9:
            raise UnsupportedConfigError(f"{key} must be numbers above {least:g}, got {number!r}.")
    return float(numbers[0]), float(numbers[1]), float(numbers[2])
