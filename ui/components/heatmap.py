"""The heatmap component: a pattern to explore by pointer and keyboard, with a thumbnail of each head."""

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components import chosen_cell, is_index, read_assets, show_invisible

_SLACK = 1e-4

_HTML = """
<div class="heatmap">
  <div class="frame">
    <div class="picture" tabindex="0" role="application" aria-roledescription="heatmap"
         aria-label="Attention weights: each row is a query, each column a key. Use the arrow keys.">
      <canvas class="cells"></canvas><canvas class="marks"></canvas><canvas class="names"></canvas>
    </div>
    <canvas class="lens" hidden></canvas>
  </div>
  <p class="readout"></p>
  <p class="spoken" aria-live="polite"></p>
  <details>
    <summary>This row as a table</summary>
    <div class="row" tabindex="0" role="region" aria-label="Weights of the row"></div>
  </details>
  <div class="heads" role="toolbar" aria-label="Heads" hidden></div>
</div>
"""

_mount = st.components.v2.component(
    "attention_heatmap",
    html=_HTML,
    css=read_assets("heatmap.css"),
    js=read_assets("selection.js", "theme.js", "heatmap_draw.js", "element.js", "picking.js", "heatmap.js"),
)


def _first_weights() -> NDArray[np.float64]:
    """The smallest weight of each code except 0: first[code - 1]."""
    first = np.arange(201) / 200
    for code in range(2, 202, 2):
        # Only formatting tells on which side of a tie the nearest float64 falls.
        if f"{first[code - 1]:.2f}" != f"{code / 200:.2f}":
            first[code - 1] = np.nextafter(first[code - 1], 1)
    return first


_FIRST = _first_weights()


def encode_weights(weights: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """One byte per weight: its two decimals exactly, and whether it is below or above them.

        hundredths = code >> 1                  f"{hundredths / 100:.2f}" == f"{weight:.2f}"
        side       = code & 1                   weight >= hundredths / 100
        shade      = max(0, code / 2 - 0.25) / 100, within 0.0025 of the weight

    weights: any shape, in 0…1 (rounding errors up to 1e-4 are clipped; beyond that ValueError)
    returns: the same shape
    """
    if not np.all((weights >= -_SLACK) & (weights <= 1 + _SLACK)):
        raise ValueError(f"expected attention weights between 0 and 1, got {np.min(weights)} to {np.max(weights)}")
    exact = np.clip(weights, 0, 1, dtype=np.float64)
    # The slack covers products that round below an integer; the comparison corrects codes that it makes too high.
    below = (200 * exact + 1e-9).astype(np.uint8)
    return below + (exact >= _FIRST[below])


def pack(header: dict[str, Any], planes: NDArray[np.uint8]) -> bytes:
    """The header's length (4 bytes, little-endian), the header (JSON in UTF-8), the planes in memory order."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return struct.pack("<I", len(head)) + head + planes.tobytes()


class Tokens(NamedTuple):
    """The tokens along one axis, untrusted, and which of them are special, drawn muted: [position] each."""

    names: Sequence[str]
    special: Sequence[bool]


def heatmap_payload(
    pattern: NDArray[np.floating[Any]], queries: Tokens, keys: Tokens | None, plane_names: Sequence[str]
) -> bytes:
    """The data for the browser; ValueError where the shapes do not match.

    pattern:     [plane, query, key], in 0…1
    keys:        the key tokens, None where they are the query tokens
    plane_names: [plane]
    """
    expected = [len(plane_names), len(queries.names), len((keys or queries).names)]
    flags = [len(each.special) for each in (queries, keys or queries)]
    if list(pattern.shape) != expected or flags != expected[1:]:
        raise ValueError(
            f"expected [plane, query, key] = {expected} and as many special flags, "
            f"got {list(pattern.shape)} and {flags}"
        )
    sums = pattern.sum(axis=-1, dtype=np.float64).round(2)
    header = {
        "n": len(queries.names),
        "planes": len(plane_names),
        "plane_names": list(plane_names),
        **axis_columns(queries),
        "keys": axis_columns(keys) if keys else None,
        "row_sums": None if np.all(sums == 1) else sums.tolist(),
    }
    return pack(header, encode_weights(pattern))


def axis_columns(tokens: Tokens) -> dict[str, Any]:
    """The data of one axis."""
    names = [show_invisible(name) for name in tokens.names]
    return {"tokens": names, "special": [int(flag) for flag in tokens.special]}


def heatmap(
    payload: bytes,
    shape: tuple[int, ...],
    *,
    key: str,
    on_pick: Callable[[int, int], None],
    on_head: Callable[[int], None],
) -> None:
    """Draw a pattern; call on_pick(query, key) for a chosen cell and on_head(plane) for a chosen head.

    The selection is read from the page (see selection.js), so moving it does not send the pattern again.

    payload: from `heatmap_payload`
    shape:   the number of planes, queries and keys
    """
    planes, n_query, n_key = shape

    def picked() -> None:
        cell = chosen_cell(st.session_state[key].get("pick"), n_query, n_key)
        if cell:
            on_pick(*cell)

    def head_picked() -> None:
        plane = st.session_state[key].get("head")
        if is_index(plane, planes):
            on_head(plane)

    _mount(
        key=key,
        data=payload,
        on_pick_change=picked,
        on_head_change=head_picked,
    )
