"""What a person has chosen: one dictionary, kept in the session and in the page's address."""

from collections.abc import Callable
from typing import Any, get_args

import streamlit as st

from attention_core.attention_view import Side
from attention_core.computation.derivation import Address
from attention_core.errors import AttentionLabError, UnknownModelError
from attention_core.lessons.lesson import HEADS
from attention_core.lessons.lesson_file import from_address
from attention_core.lessons.presets import PRESETS, SEEDS
from attention_core.plot.flow import STEP_TITLES
from ui.shared.continuation import Written
from ui.shared.menu import held, lead_to
from ui.shared.offer import may_load, refusal
from ui.shared.pictures import DRAWN
from ui.words.examples import EXAMPLES

LONGEST_TEXT = 20_000  # characters; what is longer is cut, since pictures grow with the square of the tokens
FARTHEST = 1_000_000
SIDES = get_args(Side)
UPLOAD = "upload"  # the image that a person has uploaded, which no address can hold

DEFAULTS: dict[str, Any] = {
    "text": EXAMPLES[0].text,
    "image": next(iter(DRAWN)),
    "target": "",
    "written": "",
    "model": "minilm",
    "side": SIDES[0],
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
    "dims": "",
    "step": 1,
    "kind": "q",
    "drawing": "one",
    "at": "",
    "preset": "textbook",
    "seed": 0,
    "lesson": "",
    "of": 0,
    "part": 0,
    "cell": "",
    "maskgrid": False,
    "temperature": 1.0,
    "topk": 0,
    "topp": 1.0,
    "way": "likeliest",
    "tokens": 20,
    "draw": 1,
    "logit": "",
}

RANGES: dict[str, tuple[int, int] | tuple[float, float]] = {
    "least": (0.0, 1.0),
    "most": (1, 20),
    "temperature": (0.1, 2.0),
    "topk": (0, 1000),
    "topp": (0.05, 1.0),
    "tokens": (1, 64),
    "draw": (0, FARTHEST),
    "step": (1, len(STEP_TITLES)),
    "seed": (SEEDS[0], SEEDS[-1]),
    "part": (0, HEADS[-1] - 1),
    **dict.fromkeys(("layer", "head", "q", "k"), (0, FARTHEST)),
}
"""The least and the most of what is chosen by a number, in the address and in its widget."""

OWN: dict[str, tuple[str, ...]] = {
    "Inspect": ("graph", "least", "most", "dims", "temperature", "topk", "topp", "way", "tokens", "draw", "logit"),
    "Step by step": ("step", "kind", "drawing", "at"),
    "Worked example": ("preset", "seed", "lesson", "of", "part", "cell", "maskgrid"),
}
"""What makes sense on one page alone: no other page's address holds it, but the session keeps it for the way back."""

# Another sentence, or a model that may split it otherwise, starts with nothing chosen or opened in it.
FRESH: dict[str, Any] = {"q": None, "k": None, "open": "", "logit": "", "written": ""}


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers within bounds."""

    def read(value: Any) -> int:
        number = int(str(value))
        if not least <= number <= most:
            raise ValueError(value)
        return number

    return read


def one_of(*choices: str) -> Callable[[Any], str]:
    """A reader that accepts only these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def between(least: float, most: float) -> Callable[[Any], float]:
    """A reader of numbers within bounds, to two decimals."""

    def read(value: Any) -> float:
        number = float(value)
        if not least <= number <= most:
            raise ValueError(value)
        return round(number, 2)

    return read


def switch(value: Any) -> bool:
    """On or off."""
    return {"True": True, "False": False, "1": True, "0": False}[str(value)]


def text(value: Any) -> str:
    """Any text, within what a page can carry."""
    return str(value)[:LONGEST_TEXT]


def head(value: Any) -> str:
    """The number of a head, or "mean" for the average of all."""
    return "mean" if value == "mean" else str(whole(*RANGES["head"])(value))


def model(value: Any) -> str:
    """A model that this server lets a page load."""
    if not may_load(str(value)):
        raise UnknownModelError(refusal(str(value)))
    return str(value)


def trail(value: Any) -> str:
    """The numbers opened one from another, as addresses joined by "~"."""
    parts = str(value).split("~") if value else []
    if any(Address.parse(part) is None for part in parts) or len(parts) > 40:
        raise ValueError(value)
    return "~".join(parts)


def dims(value: Any) -> str:
    """Some dimensions: "3,17"."""
    return ",".join(str(whole(0, FARTHEST)(part)) for part in str(value).split(",")[:8] if part)


def starts(value: Any) -> str:
    """Which parts of long axes are shown: "dim:8,model:16"."""
    pairs = [part.partition(":") for part in str(value).split(",") if part]
    if len(pairs) > 12 or not all(axis.replace(".", "").isalpha() for axis, _, _ in pairs):
        raise ValueError(value)
    return ",".join(f"{axis}:{whole(0, FARTHEST)(start)}" for axis, _, start in pairs)


def written(value: Any) -> str:
    """The tokens that a model has written at the end of the text."""
    return str(Written.read(str(value))) if value else ""


def lesson(value: Any) -> str:
    """An edited worked example, as an address holds it."""
    written = str(value)
    if written:
        from_address(written)
    return written


READERS: dict[str, Callable[[Any], Any]] = {
    "text": text,
    "image": one_of(*DRAWN, UPLOAD),
    "target": text,
    "written": written,
    "model": model,
    "side": one_of(*SIDES),
    "layer": whole(*RANGES["layer"]),
    "head": head,
    "q": whole(*RANGES["q"]),
    "k": whole(*RANGES["k"]),
    "graph": one_of("one", "all"),
    "least": between(*RANGES["least"]),
    "most": whole(*RANGES["most"]),
    "hide": switch,
    "renorm": switch,
    "open": trail,
    "dims": dims,
    "step": whole(*RANGES["step"]),
    "kind": one_of("q", "k", "v"),
    "drawing": one_of("one", "heads"),
    "at": starts,
    "preset": one_of(*PRESETS, "sentence"),
    "seed": whole(*RANGES["seed"]),
    "lesson": lesson,
    "of": whole(0, 2**32 - 1),
    "part": whole(*RANGES["part"]),
    "cell": trail,
    "maskgrid": switch,
    "temperature": between(*RANGES["temperature"]),
    "topk": whole(*RANGES["topk"]),
    "topp": between(*RANGES["topp"]),
    "way": one_of("likeliest", "drawn"),
    "tokens": whole(*RANGES["tokens"]),
    "draw": whole(*RANGES["draw"]),
    "logit": trail,
}


def clean(wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The selection that a dictionary stands for, and the keys that made no sense, each with its reason or nothing."""
    selection, refused = dict(DEFAULTS), {}
    for key, value in wanted.items():
        if key in READERS and value is not None:
            try:
                selection[key] = READERS[key](value)
            except AttentionLabError as error:
                refused[key] = str(error)
            except (ValueError, KeyError, OverflowError):
                refused[key] = within(key)
    return selection, refused


def within(key: str) -> str:
    """The bounds of what is chosen by a number, in words; nothing for anything else."""
    if key not in RANGES:
        return ""
    least, most = RANGES[key]
    return f"“{key}” is a number from {least:,} {'on' if most == FARTHEST else f'to {most:,}'}."


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


def others(page: str) -> set[str]:
    """What makes sense on other pages alone."""
    return {key for title, keys in OWN.items() if title != page for key in keys}


def address_of(page: str) -> dict[str, str]:
    """What a page's address holds: all that makes sense there and is not as it is by default."""
    return {key: str(value) for key, value in chosen().items() if value != DEFAULTS[key] and key not in others(page)}


def read_address(page: str) -> None:
    """Take over what the address of a page says, when it is not what was written there itself.

    After a choice the address may still be the one from before it, so then it is not asked; nor is that of a link
    which was clicked as it was before the choice.
    """
    state = st.session_state
    address = {key: st.query_params[key] for key in READERS if key in st.query_params}
    first = "selection" not in state
    late = state.get("_moved") or (page != state.get("_title") and address == held(page))
    state._title = page
    if first or (address != state.get("_address") and not late):
        selection, refused = clean(address)
        # What could not be read, or is not said here, leaves what there was as it was.
        kept = refused.keys() | (others(page) - address.keys())
        state.selection = selection | {key: state.selection[key] for key in kept if not first}
        state.refused = refused | {key: "" for key in st.query_params if key not in READERS}


def write_address() -> None:
    """Put into the address, and into the links to the other pages, all that is not as it is by default."""
    address = address_of(st.session_state._title)
    st.session_state._moved = False
    if st.session_state.get("_address") != address or dict(st.query_params) != address:
        st.session_state._address = address
        st.query_params.from_dict(address)
    lead_to(address_of)


def bound(widget: Callable[..., Any], label: str, name: str, then: dict[str, Any] | None = None, **options: Any) -> Any:
    """A widget that shows and changes one entry of the selection; `then` is changed along with it."""
    key = f"_{name}"
    st.session_state[key] = chosen()[name]
    if name in RANGES and "options" not in options:
        options |= dict(zip(("min_value", "max_value"), RANGES[name], strict=True))
    return widget(label, key=key, on_change=lambda: put(**{**(then or {}), name: st.session_state[key]}), **options)
