"""Pictures for a model: drawn, uploaded, refused with a clear message, and resized."""

import io
import re
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from attention_core.config.image import ImageInput
from attention_core.errors import InputError
from tests.paths import ROOT
from ui.shared import pictures
from ui.shared.pictures import DRAWN_PICTURES, MAX_MEGABYTES, read_picture, resized

RAMP = (np.arange(13 * 17 * 3) % 251).astype(np.uint8).reshape(13, 17, 3)


def saved(image, form="PNG", **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", DRAWN_PICTURES)
def test_drawn_pictures_are_the_same_every_time(name):
    title, draw = DRAWN_PICTURES[name]
    first = draw()
    assert (first.shape, first.dtype) == ((336, 336, 3), np.uint8)
    np.testing.assert_array_equal(first, draw())
    assert len(np.unique(first.reshape(-1, 3), axis=0)) >= 3
    assert title[0].isupper()


def test_drawn_pictures_differ():
    assert len({zlib.crc32(draw().tobytes()) for _, draw in DRAWN_PICTURES.values()}) == len(DRAWN_PICTURES)


def test_a_png_is_read_to_the_pixel():
    read = read_picture(saved(Image.fromarray(RAMP)))
    np.testing.assert_array_equal(read.pixels, RAMP)
    assert read.notes == ()


def test_a_grey_jpeg_becomes_three_colours():
    read = read_picture(saved(Image.new("L", (7, 5), 93), "JPEG", quality=95))
    np.testing.assert_array_equal(read.pixels, np.full((5, 7, 3), 93, np.uint8))


def test_transparent_parts_are_shown_on_white():
    image = Image.new("RGBA", (3, 2), (200, 0, 0, 0))
    image.putpixel((1, 0), (200, 0, 0, 255))
    read = read_picture(saved(image))
    assert read.pixels[0].tolist() == [[255] * 3, [200, 0, 0], [255] * 3]
    assert read.notes == ("Its transparent parts are shown on white.",)


def test_a_palette_with_a_transparent_colour():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((1, 0), 1)
    read = read_picture(saved(image, transparency=0))
    assert read.pixels.tolist() == [[[255, 255, 255], [200, 0, 0]]]


def test_it_is_rotated_as_its_exif_orientation_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was upright: rotate clockwise
    read = read_picture(saved(Image.fromarray(RAMP), exif=exif))
    np.testing.assert_array_equal(read.pixels, np.rot90(RAMP, -1))
    assert read.notes == ("It was rotated as its EXIF orientation says.",)


def test_cmyk_is_converted_to_rgb():
    read = read_picture(saved(Image.new("CMYK", (4, 3), (0, 255, 255, 0)), "JPEG", quality=100))
    assert read.pixels.shape == (3, 4, 3)
    np.testing.assert_allclose(read.pixels[1, 1], [255, 0, 0], atol=3)
    assert "CMYK" in read.notes[0]


def animated():
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "blue")]
    return saved(frames[0], save_all=True, append_images=frames[1:])


GOOD = saved(Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)))


def with_size(width, height):
    """A PNG whose header announces a size that its file does not have."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + GOOD[24:29]
    return GOOD[:12] + header + zlib.crc32(header).to_bytes(4, "big") + GOOD[33:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither a PNG nor a JPEG"),
        (b"<svg onload='x'></svg>", "neither a PNG nor a JPEG"),
        (saved(Image.new("RGB", (3, 3)), "GIF"), "neither a PNG nor a JPEG"),
        (saved(Image.new("RGB", (3, 3)), "BMP"), "neither a PNG nor a JPEG"),
        (GOOD[:2000], "broken"),
        (saved(Image.fromarray(RAMP), "JPEG")[:-200], "broken"),
        (with_size(8000, 8000), "too many pixels, 8000 × 8000"),
        (with_size(60_000, 60_000), "too many pixels"),
        (animated(), "animated"),
        (saved(Image.new("I;16", (3, 3), 40_000)), "8 bits"),
        (b"\x89PNG" + bytes(MAX_MEGABYTES * 1_000_000), f"larger than {MAX_MEGABYTES} MB"),
    ],
)
def test_an_unreadable_file_is_refused_with_a_reason(content, message):
    with pytest.raises(InputError, match=message):
        read_picture(content)


def with_scans(width, height, count):
    """A progressive JPEG, one scan of which is repeated until there are this many."""
    whole = saved(Image.new("L", (width, height), 93), "JPEG", progressive=True)
    second, third = [found.start() for found in re.finditer(b"\xff\xda", whole)][1:3]
    return whole[:second] + whole[second:third] * (count - pictures.count_scans(whole) + 1) + whole[third:]


def test_the_scans_of_a_jpeg_are_counted():
    ramp = Image.fromarray(RAMP)
    assert pictures.count_scans(saved(ramp, "JPEG")) == 1
    progressive = saved(ramp, "JPEG", progressive=True, exif=b"Exif\0\0" + saved(ramp, "JPEG")[:1000])
    assert pictures.count_scans(progressive) == 10
    assert pictures.count_scans(progressive + b"\xff\xda" * 99) == 10  # after the image, as in a motion picture
    assert pictures.count_scans(with_scans(64, 48, 1000)) == 1000
    assert [pictures.count_scans(content) for content in (b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xda")] == [
        0, 0, 0, 1]  # fmt: skip


def test_a_jpeg_with_too_many_scans_is_refused_before_a_pixel_is_read(monkeypatch):
    small = with_scans(64, 48, 1000)
    np.testing.assert_array_equal(read_picture(small).pixels, np.full((48, 64, 3), 93, np.uint8))
    large = with_scans(1200, 1000, 501)
    monkeypatch.setattr(pictures, "as_displayed", lambda image: pytest.fail("it was read"))
    with pytest.raises(InputError, match=r"consists of 501 scans, which would take too long\. Save it as a PNG"):
        read_picture(large)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L", "1"])
def test_an_image_is_converted_in_strips(monkeypatch, mode):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (23, 17, 4), dtype=np.uint8)).convert(mode)
    content = saved(image)
    whole = read_picture(content)
    over = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    np.testing.assert_array_equal(whole.pixels, np.asarray(over.convert("RGB")))
    monkeypatch.setattr(pictures, "STRIP_PIXELS", 40)
    np.testing.assert_array_equal(read_picture(content).pixels, whole.pixels)


LARGEST = """
import io, resource, sys
from PIL import Image
from ui.shared.pictures import read_picture

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

content = open(sys.argv[1], "rb").read()
before = peak()
read_picture(content)
print(peak() - before)
"""


def test_the_largest_image_takes_the_memory_of_itself_and_of_its_pixels(tmp_path):
    (tmp_path / "image.png").write_bytes(saved(Image.new("RGBA", (6000, 5000), (1, 2, 3, 100))))
    command = [sys.executable, "-c", LARGEST, str(tmp_path / "image.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    assert int(done.stdout) < 30_000_000 * (4 + 3) * 1.25


def test_a_decompression_bomb_is_refused_before_a_pixel_is_read(monkeypatch):
    monkeypatch.setattr(pictures, "as_displayed", lambda image: pytest.fail("it was read"))
    with pytest.raises(InputError, match="too many pixels"):
        read_picture(with_size(8000, 8000))


@pytest.mark.parametrize("name", ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"])
def test_the_preprocessors_filter_is_used(name):
    picture = resized(DRAWN_PICTURES["house"][1](), ImageInput(31, 43, 5, 7, filter=name))
    assert (picture.shape, picture.dtype) == ((31, 43, 3), np.uint8)
    house, two = DRAWN_PICTURES["house"][1](), ("nearest", "lanczos")
    others = [resized(house, ImageInput(31, 43, 5, 7, filter=other)) for other in two]
    assert sum(np.array_equal(picture, other) for other in others) == (name in two)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("size", [(13, 17), (336, 336), (97, 41)])
def test_an_image_is_resized_as_the_reference_does(number, size):
    from transformers import ViTImageProcessorPil

    from attention_core.families.reading.preprocessor import FILTERS

    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    theirs = ViTImageProcessorPil(size={"height": 31, "width": 43}, resample=number, do_rescale=False,
                                  do_normalize=False)  # fmt: skip
    expected = theirs(pixels, return_tensors="np", input_data_format="channels_last")["pixel_values"][0]
    ours = resized(pixels, ImageInput(31, 43, 5, 7, filter=FILTERS[number]))
    np.testing.assert_array_equal(ours.transpose(2, 0, 1), expected)
