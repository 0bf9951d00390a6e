"""Components that Streamlit lacks: each is a Python mount function, with its JavaScript and CSS beside it.

A mount function converts typed values to the data of its JavaScript; it does not depend on the selection or on a run.
The components are part of the page, share its selection (see selection.js) and its palette (see theme.js). Their data
is bytes, or where it is small a list with one mapping: a bare mapping would make Streamlit import pandas to look for
dataframes, and Streamlit converts a list to JSON twice.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attention_core.text.invisible import name_invisible


def read_assets(*names: str) -> str:
    """The contents of files beside this module, without indentation and comments, since every message carries them."""
    lines = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))


def encode(data: Mapping[str, Any]) -> bytes:
    """Data as JSON in bytes; see `decoded` in element.js."""
    return json.dumps(data, separators=(",", ":")).encode()


def show_invisible(text: str) -> str:
    """The text with invisible characters spelled out, "\\x07" as "U+0007".

    In a text that consists only of whitespace, every character is spelled out, a space as "␣".
    """
    if text.strip():
        return name_invisible(text)
    return "".join("␣" if character == " " else f"U+{ord(character):04X}" for character in text)


def is_index(value: object, stop: int) -> bool:
    """Whether a value from the browser is an integer from 0 to stop - 1."""
    return type(value) is int and 0 <= value < stop


def chosen_cell(pick: object, n_query: int, n_key: int) -> tuple[int, int] | None:
    """The (query, key) that the browser sent, None where it is not a cell of a pattern [query, key]."""
    match pick:
        case {"query": query, "key": key} if is_index(query, n_query) and is_index(key, n_key):
            return query, key
    return None
