"""The arithmetic of one weight: equations whose numbers open into their own making."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.components import source

_mount = st.components.v2.component(
    "attention_lab_arithmetic", css=source("arithmetic.css"), js=source("theme.js", "arithmetic.js"),
)  # fmt: skip


def arithmetic(
    view: dict[str, Any],
    *,
    key: str,
    on_open: Callable[[str], None],
    on_back: Callable[[int], None],
    name: str = "Arithmetic",
    back: str = "Back to the weight",
) -> None:
    """Mount the arithmetic.

    view:    {"steps": [...], "opened": {...} or None}, as `ui.arithmetic.view` makes it
    on_open: called with the address of a number that was clicked
    on_back: called with how many opened numbers are to be kept
    name:    what a screen reader calls it
    back:    what the way back from an opened number is called
    """

    def opened() -> None:
        wanted = st.session_state[key].open
        if isinstance(wanted, str):
            on_open(wanted)

    def go_back() -> None:
        kept = st.session_state[key].back
        if isinstance(kept, int) and kept >= 0:
            on_back(kept)

    _mount(key=key, data=[{"name": name, "back": back} | view], on_open_change=opened, on_back_change=go_back)
