"""What can be undone and redone."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST = 100  # steps back


@dataclass(frozen=True)
class History(Generic[T]):
    """A value, those before it, oldest first, and those undone, next one first."""

    present: T
    past: tuple[T, ...] = ()
    future: tuple[T, ...] = ()

    def push(self, value: T) -> "History[T]":
        """The history after an edit, which leaves nothing to redo; itself when nothing was changed."""
        return self if value == self.present else History(value, (*self.past, self.present)[-LONGEST:])

    def undo(self) -> "History[T]":
        """The history one step back; itself at its beginning."""
        return History(self.past[-1], self.past[:-1], (self.present, *self.future)) if self.past else self

    def redo(self) -> "History[T]":
        """The history one step on; itself at its end."""
        return History(self.future[0], (*self.past, self.present), self.future[1:]) if self.future else self
