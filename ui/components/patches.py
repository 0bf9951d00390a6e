"""An image in patches, with the attention weights of one query laid on it in the heatmap's colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components import chosen_cell, source
from ui.components.heatmap import pack
from ui.components.token_strip import Selection

_HTML = """
<div class="patches">
  <div class="bar">
    <button type="button" class="mode" aria-pressed="false"></button>
    <span class="others" role="group" aria-label="Tokens beside the patches"></span>
  </div>
  <div class="both">
    <div class="picture" tabindex="0" role="application" aria-roledescription="image in patches">
      <canvas class="laid"></canvas>
    </div>
    <canvas class="plain" role="img" aria-label="The image alone"></canvas>
  </div>
  <p class="readout"></p>
  <p class="spoken" aria-live="polite"></p>
  <details><summary>These weights as a table</summary><div class="row"></div></details>
</div>
"""

_mount = st.components.v2.component(
    "attention_patches",
    html=_HTML,
    css=source("patches.css"),
    js=source("selection.js", "theme.js", "heatmap_draw.js", "element.js", "picking.js", "patches.js"),
)


@dataclass(frozen=True)
class Patched:
    """An image in patches, and what each looks at.

    image:   [height, width, 3], what the model reads of it
    grid:    rows and columns of patches
    weights: [query, key], of the plane that is shown
    tokens:  their names, those that are no patch first
    """

    image: NDArray[np.uint8]
    grid: tuple[int, int]
    weights: NDArray[np.floating]
    tokens: Sequence[str]


def payload(made: Patched, selection: Selection, tallest: int) -> bytes:
    """All that the picture needs: a header, the weights as float32, and the pixels; arguments as for `patches`."""
    rows, columns = made.grid
    height, width, _ = made.image.shape
    header = {
        "rows": rows, "columns": columns, "height": height, "width": width, "tokens": list(made.tokens),
        "before": len(made.tokens) - rows * columns, "tallest": tallest, **selection._asdict(),
    }  # fmt: skip
    exact = np.ascontiguousarray(made.weights, "<f4").reshape(-1).view(np.uint8)
    return pack(header, np.concatenate([exact, np.ascontiguousarray(made.image).reshape(-1)]))


def patches(
    made: Patched,
    selection: Selection,
    *,
    tallest: int,
    key: str,
    on_pick: Callable[[int, int], None],
) -> None:
    """Draw the image; call on_pick(query, key) when a patch, or a token beside them, is chosen to ask or to answer.

    What the server holds as the selection reaches the page through here, and the other components listen to it.

    tallest: how high it is at most, in CSS pixels
    """

    def picked() -> None:
        cell = chosen_cell(st.session_state[key].get("pick"), len(made.tokens), len(made.tokens))
        if cell:
            on_pick(*cell)

    _mount(key=key, data=payload(made, selection, tallest), on_pick_change=picked)
