"""The parts of long axes that are on screen: "dim:8,model:16" in the selection, axis -> first index shown."""

from __future__ import annotations

from ui.shared.selection import chosen, put


def window_starts() -> dict[str, int]:
    """axis -> the first index shown; axes that start at 0 may be missing."""
    return read_starts(chosen()["at"])


def move_window(axis: str, start: int) -> None:
    """Show the part of an axis that begins at an index."""
    put(at=write_starts({**window_starts(), axis: max(start, 0)}))


def read_starts(text: str) -> dict[str, int]:
    """The starts that a text holds; ValueError if it is not of that form."""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {axis: int(start) for axis, _, start in pairs}


def write_starts(starts: dict[str, int]) -> str:
    """The starts as a text, without those that are 0."""
    return ",".join(f"{axis}:{start}" for axis, start in sorted(starts.items()) if start)
