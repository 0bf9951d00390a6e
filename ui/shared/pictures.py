"""Pictures before a model reads them: three drawn here, uploaded ones, and resizing."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attention_core.config.image import ImageInput
from attention_core.errors import InputError

MAX_MEGABYTES = 10
MAX_PIXELS = 30_000_000
DRAWN_SIZE = 336  # pixels of a drawn picture
WHITE, INK, RED, BLUE, GREEN, SAND = (
    (255, 255, 255), (27, 36, 48), (213, 94, 0), (0, 114, 178), (0, 132, 95), (240, 228, 200),
)  # fmt: skip
TOO_MANY_PIXELS = (
    f"This image has too many pixels{{}}: the limit is {MAX_PIXELS // 1_000_000} million. Save a smaller version."
)
HIGH_BIT_DEPTH_MODES = ("I", "F", "I;16", "I;16B", "I;16L")  # modes with more than 8 bits per channel

PixelCoordinates = np.ndarray


def canvas(colour: tuple[int, int, int]) -> tuple[np.ndarray, PixelCoordinates, PixelCoordinates]:
    """A picture of one colour, and the row and the column of each pixel."""
    y, x = np.mgrid[:DRAWN_SIZE, :DRAWN_SIZE]
    return np.full((DRAWN_SIZE, DRAWN_SIZE, 3), colour, np.uint8), y, x


def draw_shapes() -> np.ndarray:
    """A circle and a square."""
    picture, y, x = canvas(WHITE)
    picture[(y - 110) ** 2 + (x - 105) ** 2 < 70**2] = RED
    picture[(abs(y - 230) < 62) & (abs(x - 232) < 62)] = BLUE
    return picture


def draw_stripes() -> np.ndarray:
    """Horizontal stripes, one of them in another colour."""
    picture, y, _ = canvas(WHITE)
    picture[y // 28 % 2 == 1] = INK
    picture[y // 28 == 7] = RED
    return picture


def draw_house() -> np.ndarray:
    """A house with a roof, a door and a window under a sun."""
    picture, y, x = canvas((205, 228, 244))
    picture[y > 280] = GREEN
    picture[(y > 150) & (y <= 290) & (abs(x - 180) < 90)] = SAND
    picture[(y > 70) & (y <= 150) & (abs(x - 180) < (y - 70) * 1.4)] = RED
    picture[(y > 210) & (y <= 290) & (abs(x - 215) < 24)] = INK
    picture[(abs(y - 200) < 24) & (abs(x - 140) < 24)] = BLUE
    picture[(y - 60) ** 2 + (x - 55) ** 2 < 32**2] = (240, 190, 40)
    return picture


DRAWN_PICTURES: dict[str, tuple[str, Callable[[], np.ndarray]]] = {
    "shapes": ("Circle and square", draw_shapes),
    "stripes": ("Stripes", draw_stripes),
    "house": ("House", draw_house),
}
"""A drawn picture's name in an address -> its title, and the function that draws it: [336, 336, 3], uint8."""


@dataclass(frozen=True)
class Picture:
    """A picture's pixels, [height, width, 3], uint8; and what was changed when it was read, in sentences."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


def read_picture(content: bytes) -> Picture:
    """Read an uploaded PNG or JPEG; InputError says why it cannot be read."""
    if len(content) > MAX_MEGABYTES * 1_000_000:
        raise InputError(f"This file is larger than {MAX_MEGABYTES} MB. Save a smaller version and try again.")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            check_readable(image)
            return as_displayed(image)
    except UnidentifiedImageError as error:
        raise InputError("This file is neither a PNG nor a JPEG image.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(TOO_MANY_PIXELS.format("")) from error
    except InputError:
        raise
    except Exception as error:  # on a broken file Pillow may raise almost any exception
        raise InputError("This file is broken: its image data is damaged or incomplete.") from error


def check_readable(image: Image.Image) -> None:
    """InputError for an image that the header, before any pixel is read, shows to be unusable."""
    if image.width * image.height > MAX_PIXELS:
        raise InputError(TOO_MANY_PIXELS.format(f", {image.width} × {image.height}"))
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise InputError("This image is animated. A model reads a single still image: save one of the frames.")
    if image.mode in HIGH_BIT_DEPTH_MODES:
        raise InputError("This image has more than 8 bits per channel. Save it with 8 and try again.")


def as_displayed(image: Image.Image) -> Picture:
    """The image as it is displayed: rotated by its EXIF orientation, on white where it is transparent, in RGB."""
    image.load()
    notes = []
    shown = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) != 1:
        notes.append("It was rotated as its EXIF orientation says.")
    if shown.mode == "CMYK":
        notes.append("Its CMYK colours were converted to RGB.")
    if shown.has_transparency_data:
        over = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        notes.append("Its transparent parts are shown on white.")
    return Picture(np.asarray(shown.convert("RGB")), tuple(notes))


def resized(pixels: np.ndarray, target: ImageInput) -> np.ndarray:
    """The pixels resized to a model's input with its preprocessor's filter: [height, width, 3].

    Equal to the reference's preprocessing with Pillow.
    """
    size, resample = (target.width, target.height), Image.Resampling[target.filter.upper()]
    return np.asarray(Image.fromarray(pixels).resize(size, resample))
