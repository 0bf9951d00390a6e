"""Pictures before a model reads them: three drawn here, uploaded ones, and resizing."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attention_core.config.image import ImageInput
from attention_core.errors import InputError

MAX_MEGABYTES = 10
MAX_PIXELS = 30_000_000
MAX_SCANNED_PIXELS = 20 * MAX_PIXELS  # of all scans of a JPEG: about 4 seconds
STRIP_PIXELS = 1 << 20
DRAWN_SIZE = 336  # pixels of a drawn picture
WHITE, INK, RED, BLUE, GREEN, SAND = (
    (255, 255, 255), (27, 36, 48), (213, 94, 0), (0, 114, 178), (0, 132, 95), (240, 228, 200),
)  # fmt: skip
TOO_MANY_PIXELS = (
    f"This image has too many pixels{{}}: the limit is {MAX_PIXELS // 1_000_000} million. Save a smaller version."
)
# A JPEG's markers, apart from stuffed bytes and those without parameters, which occur within the data of a scan.
JPEG_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
START_OF_SCAN, END_OF_IMAGE = b"\xda", b"\xd9"
DECODING = threading.Lock()  # one picture is decoded at a time, so that the memory for it is needed once
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
        with DECODING, Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            check_readable(image)
            if image.format != "PNG":
                check_scans(image, content)
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


def check_scans(image: Image.Image, content: bytes) -> None:
    """InputError for a JPEG with so many scans, each of which may refine every pixel, that decoding takes long."""
    scans = count_scans(content)
    if scans * image.width * image.height > MAX_SCANNED_PIXELS:
        raise InputError(f"This JPEG image consists of {scans} scans, which would take too long. Save it as a PNG.")


def count_scans(content: bytes) -> int:
    """The number of scans of a JPEG file: 1, or more for a progressive one."""
    at, scans = 2, 0
    while (found := JPEG_MARKER.search(content, at)) and found[1] != END_OF_IMAGE:
        scans += found[1] == START_OF_SCAN
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2])  # its parameters, and their length
    return scans


def as_displayed(image: Image.Image) -> Picture:
    """The image as it is displayed: rotated by its EXIF orientation, on white where it is transparent, in RGB.

    It is converted in strips, so that the memory it needs is that of the image and of the result.
    """
    notes = []
    if image.getexif().get(0x0112, 1) != 1:
        notes.append("It was rotated as its EXIF orientation says.")
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "CMYK":
        notes.append("Its CMYK colours were converted to RGB.")
    if image.has_transparency_data:
        notes.append("Its transparent parts are shown on white.")
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if strip.has_transparency_data:
            over = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        pixels[top : top + rows] = np.asarray(strip.convert("RGB"))
    return Picture(pixels, tuple(notes))


def resized(pixels: np.ndarray, target: ImageInput) -> np.ndarray:
    """The pixels resized to a model's input with its preprocessor's filter: [height, width, 3].

    Equal to the reference's preprocessing with Pillow.
    """
    size, resample = (target.width, target.height), Image.Resampling[target.filter.upper()]
    return np.asarray(Image.fromarray(pixels).resize(size, resample))
