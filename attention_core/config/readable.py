"""A configuration as people read it: what it needs, and what differs from the usual."""

from __future__ import annotations

from collections import Counter
from dataclasses import Field, fields, is_dataclass
from typing import Any


def readable(record: Any) -> str:
    """A dataclass, a field a line, those left out that have their default."""
    shown = (f"    {each.name}={value_text(getattr(record, each.name))},\n" for each in unusual(record))
    return f"{type(record).__name__}(\n{''.join(shown)})"


def unusual(record: Any) -> list[Field[Any]]:
    """The fields of a dataclass that have no default, or another value."""
    return [each for each in fields(record) if getattr(record, each.name) != each.default]


def value_text(value: Any) -> str:
    """A field's value; of a tuple in which values come again, in how many layers each stands."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(repr, sorted(value)))}}}"
    if isinstance(value, tuple) and len(counts := Counter(value)) < len(value):
        return ", ".join(f"{value_text(each)} in {count} layer{'s' * (count > 1)}" for each, count in counts.items())
    if is_dataclass(value):
        shown = (f"{each.name}={getattr(value, each.name)!r}" for each in unusual(value))
        return f"{type(value).__name__}({', '.join(shown)})"
    return repr(value)
