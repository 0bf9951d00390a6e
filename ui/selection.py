"""What a person has chosen: one dictionary, kept in the session and in the page's address."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from attention_core.catalogue import CATALOGUE
from attention_core.derivation import Address
from ui.examples import EXAMPLES

LONGEST_TEXT = 20_000  # characters; far more than any model here reads
FARTHEST = 1_000_000

DEFAULTS: dict[str, Any] = {
    "text": EXAMPLES[0].text,
    "model": "minilm",
    "layer": EXAMPLES[0].layer,
    "head": str(EXAMPLES[0].head),
    "q": None,
    "k": None,
    "graph": "one",
    "least": 0.02,
    "most": 2,
    "hide": False,
    "renorm": False,
    "open": "",
}


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers that clamps them."""
    return lambda value: min(max(int(str(value)), least), most)


def one_of(*choices: str) -> Callable[[Any], str]:
    """A reader that accepts only these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def fraction(value: Any) -> float:
    """A weight between 0 and 1, to two decimals."""
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(value)
    return round(number, 2)


def switch(value: Any) -> bool:
    """On or off."""
    return {"True": True, "False": False, "1": True, "0": False}[str(value)]


def text(value: Any) -> str:
    """Any text, within what a page can carry."""
    return str(value)[:LONGEST_TEXT]


def head(value: Any) -> str:
    """The number of a head, or "mean" for the average of all."""
    return "mean" if value == "mean" else str(whole(0, FARTHEST)(value))


def trail(value: Any) -> str:
    """The numbers opened one from another, as addresses joined by "~"."""
    parts = str(value).split("~") if value else []
    if any(Address.parse(part) is None for part in parts) or len(parts) > 40:
        raise ValueError(value)
    return "~".join(parts)


READERS: dict[str, Callable[[Any], Any]] = {
    "text": text,
    "model": one_of(*CATALOGUE),
    "layer": whole(0, FARTHEST),
    "head": head,
    "q": whole(0, FARTHEST),
    "k": whole(0, FARTHEST),
    "graph": one_of("one", "all"),
    "least": fraction,
    "most": whole(1, 20),
    "hide": switch,
    "renorm": switch,
    "open": trail,
}


def clean(wanted: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The selection that a dictionary stands for, and the keys in it that made no sense."""
    selection, refused = dict(DEFAULTS), []
    for key, value in wanted.items():
        if key in READERS and value is not None:
            try:
                selection[key] = READERS[key](value)
            except (ValueError, KeyError, OverflowError):
                refused.append(key)
    return selection, refused


def chosen() -> dict[str, Any]:
    """The selection of this session."""
    return st.session_state.selection  # type: ignore[no-any-return]


def settle(**change: Any) -> None:
    """Set the selection right while a page is drawn."""
    st.session_state.selection, _ = clean({**chosen(), **change})


def put(**change: Any) -> None:
    """Change the selection, as a person's choice."""
    st.session_state._moved = True
    settle(**change)


def read_address() -> None:
    """Take over what the address says, when it is not what this page wrote there itself.

    After a choice the address may still be the one from before it, so then it is not asked.
    """
    state = st.session_state
    address = {key: st.query_params[key] for key in READERS if key in st.query_params}
    first = "selection" not in state
    if first or (address != state.get("_address") and not state.get("_moved")):
        state.selection, refused = clean(address)
        state.refused = refused + [key for key in st.query_params if key not in READERS]


def write_address() -> None:
    """Put into the address all that is not as it is by default."""
    address = {key: str(value) for key, value in chosen().items() if value != DEFAULTS[key]}
    st.session_state._moved = False
    if st.session_state.get("_address") != address or dict(st.query_params) != address:
        st.session_state._address = address
        st.query_params.from_dict(address)


def bound(widget: Callable[..., Any], label: str, name: str, then: dict[str, Any] | None = None, **options: Any) -> Any:
    """A widget that shows and changes one entry of the selection; `then` is changed along with it."""
    key = f"_{name}"
    st.session_state[key] = chosen()[name]
    return widget(label, key=key, on_change=lambda: put(**{**(then or {}), name: st.session_state[key]}), **options)
