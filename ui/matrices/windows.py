"""Which parts of long axes are on screen: "dim:8,model:16" in the selection, axis -> first index shown."""

from __future__ import annotations

from ui.shared.selection import chosen, put


def starts() -> dict[str, int]:
    """The first index shown of each axis that was moved along."""
    return read_starts(chosen()["at"])


def moved(axis: str, start: int) -> None:
    """Move along an axis, as a person's choice."""
    put(at=write_starts({**starts(), axis: max(start, 0)}))


def read_starts(text: str) -> dict[str, int]:
    """The starts that a text stands for; ValueError when it stands for none."""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {axis: int(start) for axis, _, start in pairs}


def write_starts(found: dict[str, int]) -> str:
    """The starts as a text, without those at 0."""
    return ",".join(f"{axis}:{start}" for axis, start in sorted(found.items()) if start)
