"""The user's choices: one dictionary, kept in the session and in the page's address."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from attention_core.errors import AttentionLabError
from ui.shared.fields import DEFAULT_SELECTION, SELECTION_FIELDS
from ui.shared.menu import Page, previous_query, update_links
from ui.shared.readers import MAX_INDEX


def clean(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The selection that raw values give, and the keys that are not valid, each with a reason or an empty string."""
    selection, refused = dict(DEFAULT_SELECTION), {}
    for key, value in raw.items():
        if key in SELECTION_FIELDS and value is not None:
            try:
                selection[key] = SELECTION_FIELDS[key].clean(value)
            except AttentionLabError as error:
                refused[key] = str(error)
            except (ValueError, OverflowError):
                refused[key] = bounds_message(key)
    return selection, refused


def bounds_message(key: str) -> str:
    """The bounds of a number, in words; empty for entries without bounds."""
    if not (bounds := SELECTION_FIELDS[key].range):
        return ""
    least, most = bounds
    return f"“{key}” must be at least {least:,}{'' if most == MAX_INDEX else f' and at most {most:,}'}."


def chosen() -> dict[str, Any]:
    """The current selection."""
    return st.session_state.selection  # type: ignore[no-any-return]


def settle(**change: Any) -> None:
    """Correct the selection while a page is drawn."""
    st.session_state.selection, _ = clean({**chosen(), **change})


def put(**change: Any) -> None:
    """Change the selection, as the user's choice; entries that it resets return to their defaults unless given too."""
    fresh = {name: DEFAULT_SELECTION[name] for key in change for name in SELECTION_FIELDS[key].resets}
    put_only(**{**fresh, **change})


def put_only(**change: Any) -> None:
    """Change only these entries of the selection, as the user's choice."""
    st.session_state._moved = True
    settle(**change)


def fields_of_other_pages(page: Page) -> set[str]:
    """The entries that only other pages use."""
    return {name for name, field in SELECTION_FIELDS.items() if field.page not in (None, page)}


def page_address(page: Page) -> dict[str, str]:
    """The query of a page's address: the entries that the page uses and that are not at their defaults."""
    away = fields_of_other_pages(page)
    return {key: str(value) for key, value in chosen().items() if value != DEFAULT_SELECTION[key] and key not in away}


def read_address(page: Page) -> None:
    """Take over the address of a page, unless this application wrote it.

    Right after a choice the address may still be the previous one, so it is ignored then; so is the address of a link
    that was clicked before its query was updated.
    """
    state = st.session_state
    address = {key: st.query_params[key] for key in SELECTION_FIELDS if key in st.query_params}
    first = "selection" not in state
    late = state.get("_moved") or (page != state.get("_page") and address == previous_query(page))
    state._page = page
    if first or (address != state.get("_address") and not late):
        selection, refused = clean(address)
        # Entries that are not valid, or that only other pages use, keep their values.
        kept = refused.keys() | (fields_of_other_pages(page) - address.keys())
        state.selection = selection | {key: state.selection[key] for key in kept if not first}
        state.refused = refused | {key: "" for key in st.query_params if key not in SELECTION_FIELDS}


def write_address() -> None:
    """Write the selection into the address and into the links to the other pages."""
    address = page_address(st.session_state._page)
    st.session_state._moved = False
    if st.session_state.get("_address") != address or dict(st.query_params) != address:
        st.session_state._address = address
        st.query_params.from_dict(address)
    update_links(page_address)


def bound(widget: Callable[..., Any], label: str, name: str, **options: Any) -> Any:
    """A widget bound to one entry of the selection."""
    key, bounds = f"_{name}", SELECTION_FIELDS[name].range
    st.session_state[key] = chosen()[name]
    if bounds and "options" not in options:
        options |= dict(zip(("min_value", "max_value"), bounds, strict=True))
    return widget(label, key=key, on_change=lambda: put(**{name: st.session_state[key]}), **options)
