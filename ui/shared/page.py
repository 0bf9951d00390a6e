"""Opening a page: its settings, its style and the model's badge."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

import attention_core as ac
from attention_core.families.reading.ignored import listing
from attention_core.hub.catalogue import CatalogueEntry
from attention_core.plot.theme import ThemeName
from attention_core.surrogates import without_surrogates
from ui.components import show_invisible
from ui.shared.markdown import escape_markdown
from ui.shared.menu import Page, menu
from ui.shared.models import model_cache, model_picker
from ui.shared.offer import offered_models, short_name, title_of
from ui.shared.palette import custom_properties
from ui.shared.selection import chosen, page_address, read_address

PAGE_STYLE = custom_properties() + (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
PAGE_SCRIPT = "".join((Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8") for name in ("menu", "enter"))

MAX_KEYS = 30
"""The number of ignored keys that are listed."""


def open_page(page: Page, origin: Callable[[], str] | None = None) -> None:
    """The first call of every page; `origin` names the source of its numbers where that is not the model."""
    st.set_page_config(page_title=f"{page.title} · Attention Lab", page_icon="🔎", layout="wide")
    st.html(f"<style>{PAGE_STYLE}</style>")
    read_address(page)
    with st.container(key="top", horizontal=True, vertical_alignment="center"):
        st.html(f'<h1 data-page="{page.title}">Attention Lab</h1><script>{PAGE_SCRIPT}</script>', width="content",
                unsafe_allow_javascript=True)  # fmt: skip
        with st.container(key="menu", horizontal=True, width="content"):
            menu(page_address)
        if origin is None:
            badge(chosen()["model"])
            model_picker()
        else:
            st.html(f'<p class="badge">● {html.escape(origin())}</p>', width="stretch")
    if theme_name() == "dark":
        st.html('<i class="dark-page"></i>')
    with st.container():
        if refused := st.session_state.pop("refused", None):
            show_refused(refused)


def show_refused(refused: dict[str, str]) -> None:
    """Show which parts of the address are not valid, with the reasons where there are any."""
    if reason := refused.pop("model", ""):
        st.warning(escape_markdown(reason))
    if not refused:
        return
    names = ", ".join(f"`{markdown_safe(name)}`" for name in refused)
    st.info(f"Parts of this address are not valid and were ignored: {names}")
    for reason in filter(None, refused.values()):
        st.html(f'<p class="read">{html.escape(reason)}</p>')


def badge(name: str) -> None:
    """The model on screen: its name, its number of parameters, its licence and purpose, and whether it is loaded."""
    entry = offered_models()[name].entry if name in offered_models() else None
    model = model_cache().models.get(name)
    bits, status = bits_phrase(model), "" if model else " · not loaded"
    if entry is None:
        st.html(f'<p class="badge">{html.escape(title_of(name))}{bits}{status}</p>', width="stretch")
    else:
        st.html(
            f'<p class="badge">{f"<b>● trained{bits}</b> " if model else ""}'
            f'<a href="{entry.page}" target="_blank" rel="noreferrer">{entry.title}</a>'
            f" · {entry.parameters} M parameters · {entry.licence}{status}</p>",
            width="stretch",
        )
    if text := about(entry, model.ignored_keys if model else ()):
        with st.popover("About", type="tertiary"):
            st.html(text)


def bits_phrase(model: ac.Model | ac.EncoderDecoder | None) -> str:
    """The bits of a model's weights if they are quantized."""
    bits = model.weights.bits if isinstance(model, ac.Model) else None
    return f" · {bits}-bit" if bits else ""


def about(entry: CatalogueEntry | None, ignored_keys: Sequence[str]) -> str:
    """The purpose of a model, heads worth inspecting, and the keys of its configuration without effect, as HTML."""
    lines = [html.escape(entry.purpose), f"<b>Where to look.</b> {html.escape(entry.look)}"] if entry else []
    if ignored_keys:
        names = listing([show_invisible(short_name(without_surrogates(key))) for key in ignored_keys], MAX_KEYS)
        lines.append(
            "<b>Ignored keys.</b> These keys of the model’s configuration change nothing that is computed: "
            f"{html.escape(names)}."
        )
    return "".join(f'<p class="read">{line}</p>' for line in lines)


def markdown_safe(word: str) -> str:
    """An untrusted word, cut short and without characters that markdown interprets."""
    return "".join(c for c in word[:24] if c.isalnum() or c in "_-")


def theme_name() -> ThemeName:
    """The theme of the page: "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"
