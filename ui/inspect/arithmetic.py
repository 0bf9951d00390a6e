"""The arithmetic of the chosen weight on the Inspect page."""

from __future__ import annotations

import weakref

import streamlit as st

from attention_core.attention_view import AttentionView
from ui.arithmetic.attention_weight import weight_arithmetic
from ui.arithmetic.derivation import show_arithmetic
from ui.components.arithmetic import encode_arithmetic
from ui.inspect.encoded import ENCODED
from ui.shared.run_cache import Run
from ui.shared.selection import chosen, put
from ui.shared.shown import ShownPart


def encoded_arithmetic(run: Run, attention: AttentionView, part: ShownPart) -> bytes:
    """The arithmetic of the chosen weight, as data for the browser; computed once for all visitors who choose it."""
    head, trail, dims = chosen()["head"], chosen()["open"], chosen_dims()
    shown = part.keys.positions if part.renormalized else None

    def compute() -> bytes:
        return encode_arithmetic(weight_arithmetic(attention, part.layer, head, *part.cell, shown, trail, dims))

    what = ("arithmetic", weakref.ref(run), attention.side, part.layer, head, part.cell, shown and tuple(shown), trail)
    return ENCODED.get((*what, *dims), compute)


def arithmetic_section(attention: AttentionView, part: ShownPart, encoded: bytes) -> None:
    """The arithmetic of the chosen weight, and the choice of dimensions in it."""
    weight = part.pattern[part.plane, part.query, part.key]
    st.html(f'<h2 class="block">Why {weight:.2f}?</h2>')
    show_arithmetic(encoded, "open")
    if chosen()["head"] != "mean":
        dims_picker(attention.config.d_head)


def chosen_dims() -> list[int]:
    """The dimensions of z that are chosen."""
    return [int(dim) for dim in chosen()["dims"].split(",") if dim]


def dims_picker(d_head: int) -> None:
    """The choice of dimensions of z in the arithmetic."""
    st.session_state._dims = [dim for dim in chosen_dims() if dim < d_head]
    st.multiselect("Dimensions of z to show", list(range(d_head)), key="_dims", max_selections=8,
                   label_visibility="collapsed",
                   placeholder="Dimensions of z to show (default: the largest in magnitude)",
                   on_change=lambda: put(dims=",".join(map(str, st.session_state._dims))))  # fmt: skip
