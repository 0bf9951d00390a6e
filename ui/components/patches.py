"""The patches component: an image in patches, overlaid with one query's attention weights in the heatmap's colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components import chosen_cell, read_assets
from ui.components.heatmap import pack
from ui.components.token_strip import Selection

_HTML = """
<div class="patches">
  <div class="bar">
    <button type="button" class="mode" aria-pressed="false"></button>
    <span class="others" role="group" aria-label="Tokens that are not patches"></span>
  </div>
  <div class="both">
    <div class="picture" tabindex="0" role="application" aria-roledescription="image in patches">
      <canvas class="laid"></canvas>
    </div>
    <canvas class="plain" role="img" aria-label="The original image"></canvas>
  </div>
  <p class="readout"></p>
  <p class="spoken" aria-live="polite"></p>
  <details>
    <summary>These weights as a table</summary>
    <div class="row" tabindex="0" role="region" aria-label="Weights of the patches"></div>
  </details>
</div>
"""

_mount = st.components.v2.component(
    "attention_patches",
    html=_HTML,
    css=read_assets("patches.css"),
    js=read_assets("selection.js", "theme.js", "heatmap_draw.js", "element.js", "picking.js", "patches.js"),
)


@dataclass(frozen=True)
class PatchedImage:
    """An image in patches, and the attention weights between them.

    image:   [height, width, 3], as the model reads it
    grid:    number of rows and columns of patches
    weights: [query, key], of the shown plane
    tokens:  token names, those that are not patches first
    """

    image: NDArray[np.uint8]
    grid: tuple[int, int]
    weights: NDArray[np.floating]
    tokens: Sequence[str]


def patches_payload(patched: PatchedImage, selection: Selection, tallest: int) -> bytes:
    """The data for the browser: a header, the weights as float32, and the pixels; arguments as for `patches`."""
    rows, columns = patched.grid
    height, width, _ = patched.image.shape
    header = {
        "rows": rows, "columns": columns, "height": height, "width": width, "tokens": list(patched.tokens),
        "before": len(patched.tokens) - rows * columns, "tallest": tallest, **selection._asdict(),
    }  # fmt: skip
    exact = np.ascontiguousarray(patched.weights, "<f4").reshape(-1).view(np.uint8)
    return pack(header, np.concatenate([exact, np.ascontiguousarray(patched.image).reshape(-1)]))


def patches(
    patched: PatchedImage,
    selection: Selection,
    *,
    tallest: int,
    key: str,
    on_pick: Callable[[int, int], None],
) -> None:
    """Draw the image; call on_pick(query, key) when a patch or another token is chosen as query or key.

    The server's selection reaches the page through this component, and the other components follow it.

    tallest: maximum height, in CSS pixels
    """

    def picked() -> None:
        cell = chosen_cell(st.session_state[key].get("pick"), len(patched.tokens), len(patched.tokens))
        if cell:
            on_pick(*cell)

    _mount(key=key, data=patches_payload(patched, selection, tallest), on_pick_change=picked)
