"""The data of the image in patches: the grid, exact weights, the pixels; and the values it accepts."""

import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from ui.components import patches as module
from ui.components.patches import PatchedImage, patches, patches_payload
from ui.components.token_strip import Selection

TOKENS = ["[CLS]", "r0 c0", "r0 c1", "r0 c2", "r1 c0", "r1 c1", "r1 c2"]
IMAGE = np.random.default_rng(2).integers(0, 256, (10, 21, 3), dtype=np.uint8)
WEIGHTS = np.random.default_rng(3).random((7, 7), dtype=np.float32)


def unpacked(message):
    (length,) = struct.unpack("<I", message[:4])
    header, rest = json.loads(message[4 : 4 + length]), message[4 + length :]
    n = len(header["tokens"])
    return header, np.frombuffer(rest[: 4 * n * n], "<f4").reshape(n, n), rest[4 * n * n :]


@pytest.mark.parametrize("hidden", [0, 1])
def test_the_data_is_complete(hidden):
    tokens, weights = TOKENS[hidden:], WEIGHTS[hidden:, hidden:]
    patched = PatchedImage(IMAGE, (2, 3), weights, tokens)
    header, sent, pixels = unpacked(patches_payload(patched, Selection(4, 1, 2), 200))
    assert header == {"rows": 2, "columns": 3, "height": 10, "width": 21, "tokens": tokens, "before": 1 - hidden,
                      "tallest": 200, "query": 4, "key": 1, "head": 2}  # fmt: skip
    np.testing.assert_array_equal(sent, weights)
    assert pixels == IMAGE.tobytes()


@pytest.mark.parametrize(
    ("sent", "picks"),
    [({"query": 6, "key": 0}, [(6, 0)]), ({"query": 7, "key": 0}, []), ({"query": "1", "key": 0}, []), (None, [])],
)
def test_a_pick_is_passed_on_and_anything_else_ignored(monkeypatch, sent, picks):
    found, mount = [], {}
    monkeypatch.setattr(module, "_mount", lambda **options: mount.update(options))
    monkeypatch.setattr(module, "st", SimpleNamespace(session_state={"own": {"pick": sent}}))
    patches(
        PatchedImage(IMAGE, (2, 3), WEIGHTS, TOKENS),
        Selection(1, 2, 0),
        tallest=200,
        key="own",
        on_pick=lambda q, k: found.append((q, k)),
    )
    mount["on_pick_change"]()
    assert found == picks
