"""Undo and redo."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_STEPS = 100  # that can be undone


@dataclass(frozen=True)
class History(Generic[T]):
    """The present value, the past ones (oldest first), and the undone ones (next first)."""

    present: T
    past: tuple[T, ...] = ()
    future: tuple[T, ...] = ()

    def push(self, value: T) -> "History[T]":
        """The history after an edit, with nothing to redo; the same history if the value is the same."""
        return self if value == self.present else History(value, (*self.past, self.present)[-MOST_STEPS:])

    def undo(self) -> "History[T]":
        """The history one step back; the same history at its beginning."""
        return History(self.past[-1], self.past[:-1], (self.present, *self.future)) if self.past else self

    def redo(self) -> "History[T]":
        """The history one step forward; the same history at its end."""
        return History(self.future[0], (*self.past, self.present), self.future[1:]) if self.future else self
