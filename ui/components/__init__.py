"""The components that Streamlit does not have: each a Python mount function with its JavaScript and CSS beside it.

A mount function takes typed values and turns them into what its JavaScript takes; it knows nothing of the selection or
of a run. The components stand in the page itself and share one selection there, see selection.js, and its palette, see
theme.js. What they are sent is bytes, or a list that holds one mapping: in a mapping alone Streamlit would look for
dataframes, and import pandas for that.
"""

from pathlib import Path

from attention_core.text.invisible import name_invisible


def source(*names: str) -> str:
    """The files beside this module, one after the other, without indents and comments: every message carries them."""
    lines = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))


def visible(text: str) -> str:
    """The text with its unseen characters named, so that "\\x07" reads "U+0007".

    Where nothing else is there every character is named, and a space is shown as "␣".
    """
    if text.strip():
        return name_invisible(text)
    return "".join("␣" if character == " " else f"U+{ord(character):04X}" for character in text)


def is_index(value: object, stop: int) -> bool:
    """Whether what the browser sent is a whole number in 0…stop - 1."""
    return type(value) is int and 0 <= value < stop


def chosen_cell(pick: object, n_query: int, n_key: int) -> tuple[int, int] | None:
    """The (query, key) that the browser sent, or None where it is not a cell of a pattern [query, key]."""
    match pick:
        case {"query": query, "key": key} if is_index(query, n_query) and is_index(key, n_key):
            return query, key
    return None
