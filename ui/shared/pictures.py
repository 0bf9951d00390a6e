"""Pictures before a model reads them: three that are drawn here, those that a person uploads, and their size."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attention_core.config.image import ImageInput
from attention_core.errors import InputError

MOST_MEGABYTES = 10
MOST_PIXELS = 30_000_000
SIDE = 336  # pixels of a drawn picture
WHITE, INK, RED, BLUE, GREEN, SAND = (
    (255, 255, 255), (27, 36, 48), (213, 94, 0), (0, 114, 178), (0, 132, 95), (240, 228, 200),
)  # fmt: skip
TOO_MANY = f"This image has too many pixels{{}}: at most {MOST_PIXELS // 1_000_000} million are read. Save it smaller."
DEEP = ("I", "F", "I;16", "I;16B", "I;16L")  # modes of more than 8 bits

Places = np.ndarray


def canvas(colour: tuple[int, int, int]) -> tuple[np.ndarray, Places, Places]:
    """A picture of one colour, and the row and column of every pixel."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.full((SIDE, SIDE, 3), colour, np.uint8), y, x


def draw_shapes() -> np.ndarray:
    """A circle and a square."""
    picture, y, x = canvas(WHITE)
    picture[(y - 110) ** 2 + (x - 105) ** 2 < 70**2] = RED
    picture[(abs(y - 230) < 62) & (abs(x - 232) < 62)] = BLUE
    return picture


def draw_stripes() -> np.ndarray:
    """Stripes from side to side, of which one is of another colour."""
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


DRAWN: dict[str, tuple[str, Callable[[], np.ndarray]]] = {
    "shapes": ("Circle and square", draw_shapes),
    "stripes": ("Stripes", draw_stripes),
    "house": ("House", draw_house),
}
"""What an address calls a drawn picture -> its title, and how it is drawn: [336, 336, 3], uint8."""


@dataclass(frozen=True)
class Picture:
    """A picture that was read: [height, width, 3], uint8; and what was changed in reading it, in sentences."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


def read_picture(content: bytes) -> Picture:
    """An uploaded PNG or JPEG; InputError says why it cannot be read."""
    if len(content) > MOST_MEGABYTES * 1_000_000:
        raise InputError(f"This file is larger than {MOST_MEGABYTES} MB. Save the image smaller, and try again.")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            refuse(image)
            return upright(image)
    except UnidentifiedImageError as error:
        raise InputError("This file is neither a PNG nor a JPEG image.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(TOO_MANY.format("")) from error
    except InputError:
        raise
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise InputError("This file is broken: its image cannot be read to the end.") from error


def refuse(image: Image.Image) -> None:
    """InputError for what is known, before any pixel is read, not to be shown."""
    if image.width * image.height > MOST_PIXELS:
        raise InputError(TOO_MANY.format(f", {image.width} × {image.height}"))
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise InputError("This image moves. A model reads one still image: save one of its frames.")
    if image.mode in DEEP:
        raise InputError("This image has more than 8 bits a colour. Save it with 8, and try again.")


def upright(image: Image.Image) -> Picture:
    """The image as a person sees it: turned as its camera says, on white where it is transparent, in RGB."""
    image.load()
    notes = []
    turned = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) != 1:
        notes.append("It was turned as its camera says.")
    if turned.mode == "CMYK":
        notes.append("Its colours for print (CMYK) were converted to RGB.")
    if turned.has_transparency_data:
        over = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        notes.append("Its transparent parts stand on white.")
    return Picture(np.asarray(turned.convert("RGB")), tuple(notes))


def fitted(pixels: np.ndarray, reads: ImageInput) -> np.ndarray:
    """The pixels at the size that a model reads, by the filter that its preprocessor names: [height, width, 3].

    Exactly what the reference's preprocessing on Pillow gives.
    """
    resized = Image.fromarray(pixels).resize((reads.width, reads.height), Image.Resampling[reads.filter.upper()])
    return np.asarray(resized)
