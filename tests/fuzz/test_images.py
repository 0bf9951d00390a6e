"""Uploaded files with any content: read as pixels, or refused, in bounded time and memory."""

import io
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.bounded import bounded, examples
from ui.shared.pictures import count_scans, read_picture

NOISE = np.random.default_rng(1).integers(0, 256, (19, 23, 4), dtype=np.uint8)
MODES = ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"]


def saved(mode, kind, progressive):
    out = io.BytesIO()
    Image.fromarray(NOISE, "RGBA").convert(mode).save(out, kind, progressive=progressive)
    return out.getvalue()


PNGS = st.sampled_from([saved(mode, "PNG", False) for mode in MODES[:-1]])
JPEGS = st.sampled_from([saved(mode, "JPEG", way) for mode in ("RGB", "L", "CMYK") for way in (False, True)])


def read(content):
    with bounded(seconds=10):
        picture = read_picture(content)
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape[2:] == (3,)


@examples(60, 1000)
@given(data=st.data(), content=PNGS | JPEGS)
def test_changed_bytes(data, content):
    changed = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=4)):
        changed[at] = data.draw(st.integers(0, 255))
    read(bytes(changed[: len(changed) - data.draw(st.sampled_from([0, 0, 1, 50]))]) + data.draw(st.binary(max_size=9)))


@examples(15, 200)
@given(content=PNGS, width=st.integers(0, 1 << 31), height=st.integers(0, 7000) | st.integers(0, 1 << 31),
       bits=st.integers(0, 32), colours=st.integers(0, 7))  # fmt: skip
def test_a_png_that_announces_any_size(content, width, height, bits, colours):
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colours]) + content[26:29]
    read(content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:])


@examples(15, 200)
@given(data=st.data(), content=JPEGS)
def test_a_jpeg_with_repeated_segments(data, content):
    starts = [at for at in range(2, len(content) - 1) if content[at] == 255 and content[at + 1] not in (0, 255)]
    first, last = sorted(data.draw(st.tuples(st.sampled_from(starts), st.sampled_from(starts))))
    repeated = content[:last] + content[first:last] * data.draw(st.sampled_from([1, 3, 50, 400])) + content[last:]
    assert count_scans(repeated) >= 0
    read(repeated)
