"""Opening a page: its settings, its look and the model's badge."""

import html
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from attention_core.hub.catalogue import CatalogueEntry
from attention_core.plot.theme import ThemeName
from ui.shared.markdown import plain
from ui.shared.menu import Page, menu
from ui.shared.models import model_picker
from ui.shared.offer import offered, title_of
from ui.shared.palette import custom_properties
from ui.shared.selection import address_of, chosen, read_address

STYLE = custom_properties() + (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
SCRIPT = (Path(__file__).parent / "menu.js").read_text(encoding="utf-8")


def open_page(page: Page, origin: Callable[[], str] | None = None) -> None:
    """The first call of every page; `origin` says where its numbers come from, when it is not from the model."""
    st.set_page_config(page_title=f"{page.title} · Attention Lab", page_icon="🔎", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    read_address(page)
    with st.container(key="top", horizontal=True, vertical_alignment="center"):
        st.html(f"<h1>Attention Lab</h1><script>{SCRIPT}</script>", width="content", unsafe_allow_javascript=True)
        menu(address_of)
        if origin is None:
            badge(chosen()["model"])
            model_picker()
        else:
            st.html(f'<p class="badge">● {html.escape(origin())}</p>', width="stretch")
    if theme_name() == "dark":
        st.html('<i class="dark-page"></i>')
    with st.container():
        if refused := st.session_state.pop("refused", None):
            say_refused(refused)


def say_refused(refused: dict[str, str]) -> None:
    """What of the address made no sense, with the reasons where there are any."""
    if reason := refused.pop("model", ""):
        st.warning(plain(reason))
    if not refused:
        return
    st.info("Some of this address made no sense and was left out: " + ", ".join(f"`{safe(k)}`" for k in refused))
    for reason in filter(None, refused.values()):
        st.html(f'<p class="read">{html.escape(reason)}</p>')


def badge(name: str) -> None:
    """The model on screen: that it is trained, its name, size, licence, and what it was trained for."""
    entry = offered()[name].entry if name in offered() else None
    if entry is None:
        st.html(f'<p class="badge">{html.escape(title_of(name))}</p>', width="stretch")
        return
    st.html(
        f'<p class="badge"><b>● trained</b> '
        f'<a href="{entry.page}" target="_blank" rel="noreferrer">{entry.title}</a>'
        f" · {entry.parameters} M · {entry.licence}</p>",
        width="stretch",
    )
    with st.popover("About", type="tertiary"):
        st.html(about(entry))


def about(entry: CatalogueEntry) -> str:
    """What a model was trained for, and where to look in it, as HTML."""
    lines = (html.escape(entry.purpose), f"<b>Where to look.</b> {html.escape(entry.look)}")
    return "".join(f'<p class="read">{line}</p>' for line in lines)


def safe(word: str) -> str:
    """A word from outside, short and without anything that markdown would act on."""
    return "".join(c for c in word[:24] if c.isalnum() or c in "_-")


def theme_name() -> ThemeName:
    """The colours that the page is shown in: "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"
