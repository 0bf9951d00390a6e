"""What preprocessor_config.json says of an image, as traits; what is not computed exactly is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from attention_core.config.image import COLOURS, ImageInput
from attention_core.config.model_config import is_integer, is_number
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.configuration import several

FILTERS = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""Pillow's filters, each at its number."""

PROCESSORS = ("ViTImageProcessor", "ViTImageProcessorFast", "ViTFeatureExtractor")
DEFAULTS: Mapping[str, Any] = {
    "do_resize": True, "size": {"height": 224, "width": 224}, "resample": 2,
    "do_rescale": True, "rescale_factor": 1 / 255,
    "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip
REQUIRED: Mapping[str, tuple[Any, ...]] = {
    "do_resize": (True,), "default_to_square": (True, None), "do_center_crop": (False, None), "do_pad": (False, None),
    "image_processor_type": PROCESSORS, "feature_extractor_type": PROCESSORS,
}  # fmt: skip
HARMLESS = frozenset([
    "crop_size", "data_format", "device", "disable_grouping", "do_convert_rgb", "pad_size",
    "processor_class", "return_tensors",
])  # fmt: skip
"""Keys that change nothing: of steps that are not taken, and of how a picture is handed over."""


def prepared(image: ImageInput, raw: Mapping[str, Any]) -> ImageInput:
    """What a model reads of an image, with what is done to its pixels; UnsupportedConfigError names what is refused."""
    if unknown := sorted(set(raw) - {*DEFAULTS, *REQUIRED, *HARMLESS}):
        raise UnsupportedConfigError(
            f"The image preprocessor has keys whose effect is not known here: {several(unknown)}."
        )
    for key, allowed in REQUIRED.items():
        if key in raw and not any(type(raw[key]) is type(each) and raw[key] == each for each in allowed):
            raise UnsupportedConfigError(f"{key} = {raw[key]!r} is not supported; supported: {allowed[0]!r}.")
    values = {**DEFAULTS, **raw}
    check_size(image, values["size"])
    resample = values["resample"]
    if not is_integer(resample, 0) or resample >= len(FILTERS):
        raise UnsupportedConfigError(f"resample = {resample!r} is not supported; supported: 0 to {len(FILTERS) - 1}.")
    factor = values["rescale_factor"]
    if not is_number(factor) or not 1e-9 < factor < 1e9:
        raise UnsupportedConfigError(f"rescale_factor must be a number above 0, got {factor!r}.")
    return replace(
        image,
        filter=FILTERS[resample],
        divisor=1 / factor if flag(values, "do_rescale") else 1.0,
        mean=colours(values, "image_mean", -1e9) if flag(values, "do_normalize") else (0.0, 0.0, 0.0),
        std=colours(values, "image_std", 1e-9) if flag(values, "do_normalize") else (1.0, 1.0, 1.0),
    )


def check_size(image: ImageInput, size: object) -> None:
    """An image is brought to the size that the model reads; UnsupportedConfigError for another."""
    both = {"height": size, "width": size} if is_integer(size, 1) else size
    if both != {"height": image.height, "width": image.width}:
        raise UnsupportedConfigError(
            f"size = {size!r} is not supported: this model reads images of {image.height} × {image.width}."
        )


def flag(values: Mapping[str, Any], key: str) -> bool:
    """Whether a step is taken."""
    if not isinstance(values[key], bool):
        raise UnsupportedConfigError(f"{key} must be true or false, got {values[key]!r}.")
    return values[key]  # type: ignore[no-any-return]


def colours(values: Mapping[str, Any], key: str, least: float) -> tuple[float, float, float]:
    """A number for each colour, above another."""
    found = values[key]
    if not isinstance(found, list) or len(found) != len(COLOURS):
        raise UnsupportedConfigError(f"{key} must be {len(COLOURS)} numbers, got {found!r}.")
    for each in found:
        if not is_number(each) or not least < each < 1e9:
            raise UnsupportedConfigError(f"{key} must be numbers above {least:g}, got {each!r}.")
    return float(found[0]), float(found[1]), float(found[2])
