"""What a person has chosen: one dictionary, kept in the session and in the page's address."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from attention_core.errors import AttentionLabError
from ui.shared.fields import DEFAULTS, FIELDS
from ui.shared.menu import Page, held, lead_to
from ui.shared.readers import FARTHEST


def clean(wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The selection that a dictionary stands for, and the keys that made no sense, each with its reason or nothing."""
    selection, refused = dict(DEFAULTS), {}
    for key, value in wanted.items():
        if key in FIELDS and value is not None:
            try:
                selection[key] = FIELDS[key].clean(value)
            except AttentionLabError as error:
                refused[key] = str(error)
            except (ValueError, OverflowError):
                refused[key] = within(key)
    return selection, refused


def within(key: str) -> str:
    """The bounds of what is chosen by a number, in words; nothing for anything else."""
    if not (bounds := FIELDS[key].range):
        return ""
    least, most = bounds
    return f"“{key}” is a number from {least:,} {'on' if most == FARTHEST else f'to {most:,}'}."


def chosen() -> dict[str, Any]:
    """The selection of this session."""
    return st.session_state.selection  # type: ignore[no-any-return]


def settle(**change: Any) -> None:
    """Set the selection right while a page is drawn."""
    st.session_state.selection, _ = clean({**chosen(), **change})


def put(**change: Any) -> None:
    """Change the selection, as a person's choice; what that resets goes back to its default, unless it is given too."""
    fresh = {name: DEFAULTS[name] for key in change for name in FIELDS[key].resets}
    put_only(**{**fresh, **change})


def put_only(**change: Any) -> None:
    """Change this of the selection and nothing else, as a person's choice."""
    st.session_state._moved = True
    settle(**change)


def others(page: Page) -> set[str]:
    """What makes sense on other pages alone."""
    return {name for name, field in FIELDS.items() if field.page not in (None, page)}


def address_of(page: Page) -> dict[str, str]:
    """What a page's address holds: all that makes sense there and is not as it is by default."""
    away = others(page)
    return {key: str(value) for key, value in chosen().items() if value != DEFAULTS[key] and key not in away}


def read_address(page: Page) -> None:
    """Take over what the address of a page says, when it is not what was written there itself.

    After a choice the address may still be the one from before it, so then it is not asked; nor is that of a link
    which was clicked as it was before the choice.
    """
    state = st.session_state
    address = {key: st.query_params[key] for key in FIELDS if key in st.query_params}
    first = "selection" not in state
    late = state.get("_moved") or (page != state.get("_page") and address == held(page))
    state._page = page
    if first or (address != state.get("_address") and not late):
        selection, refused = clean(address)
        # What could not be read, or is not said here, leaves what there was as it was.
        kept = refused.keys() | (others(page) - address.keys())
        state.selection = selection | {key: state.selection[key] for key in kept if not first}
        state.refused = refused | {key: "" for key in st.query_params if key not in FIELDS}


def write_address() -> None:
    """Put into the address, and into the links to the other pages, all that is not as it is by default."""
    address = address_of(st.session_state._page)
    st.session_state._moved = False
    if st.session_state.get("_address") != address or dict(st.query_params) != address:
        st.session_state._address = address
        st.query_params.from_dict(address)
    lead_to(address_of)


def bound(widget: Callable[..., Any], label: str, name: str, **options: Any) -> Any:
    """A widget that shows and changes one entry of the selection."""
    key, bounds = f"_{name}", FIELDS[name].range
    st.session_state[key] = chosen()[name]
    if bounds and "options" not in options:
        options |= dict(zip(("min_value", "max_value"), bounds, strict=True))
    return widget(label, key=key, on_change=lambda: put(**{name: st.session_state[key]}), **options)
