"""The picture component: buttons that save a picture as SVG, or as PNG rendered from it in the browser."""

from collections.abc import Callable

import streamlit as st

from ui.components import read_assets

_mount = st.components.v2.component("attention_lab_picture", js=read_assets("picture.js"))


def picture(label: str, name: str, draw: Callable[[], str], *, key: str) -> None:
    """Mount the buttons; `draw` returns the SVG and is called only after a button is pressed."""

    def wanted() -> None:
        form = st.session_state[key].want
        if form in ("svg", "png"):
            count = st.session_state.get(f"{key}_count", 0) + 1
            st.session_state.update({f"{key}_count": count, f"{key}_order": {"form": form, "count": count}})

    order = st.session_state.pop(f"{key}_order", None)
    _mount(
        key=key,
        data=[{"label": label, "name": name, "order": order, "svg": draw() if order else ""}],
        on_want_change=wanted,
    )
