"""The text form of a configuration: required fields, and those that differ from their defaults."""

from __future__ import annotations

from collections import Counter
from dataclasses import Field, fields, is_dataclass
from typing import Any


def config_text(record: Any) -> str:
    """A dataclass with one field per line, without fields at their defaults."""
    shown = (f"    {each.name}={value_text(getattr(record, each.name))},\n" for each in non_default_fields(record))
    return f"{type(record).__name__}(\n{''.join(shown)})"


def non_default_fields(record: Any) -> list[Field[Any]]:
    """The fields of a dataclass whose values are not their defaults."""
    return [each for each in fields(record) if getattr(record, each.name) != each.default]


def value_text(value: Any) -> str:
    """The text of a field's value; a tuple of repeated values is shown with the number of layers for each value."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(repr, sorted(value)))}}}"
    if isinstance(value, tuple) and len(counts := Counter(value)) < len(value):
        return ", ".join(f"{value_text(each)} in {count} layer{'s' * (count > 1)}" for each, count in counts.items())
    if is_dataclass(value):
        shown = (f"{each.name}={getattr(value, each.name)!r}" for each in non_default_fields(value))
        return f"{type(value).__name__}({', '.join(shown)})"
    return repr(value)
