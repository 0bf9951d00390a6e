"""How the tensors of a checkpoint lie there, and how each is seen with the axes that the declaration gives it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Layout:
    """A declared tensor as a part of one of the checkpoint's, seen without a copy wherever memory allows it.

    source: what the checkpoint calls it
    names:  the checkpoint's tensor; several, when each part along one axis has its own: these are stacked first
    parted: the lengths of that tensor's axes, each cut into its factors; -1 for "model"
    cuts:   what is taken along each of those
    kept:   the lengths of what is taken, axes of length 1 that nothing declares left out
    order:  the axes of what is taken in the order of the declared ones
    merged: the declared lengths, each of one axis of what is taken, or of the product of several
    shape:  the same, and of "model" too
    part, axis: of stacked tensors, how each lies, and the axis that they are stacked along

    The length that stands as -1 follows from the numbers, so that a product with the tensor, which has
    positions where the tensor has "model", is seen with the same axes.
    """

    source: str
    names: tuple[str, ...]
    parted: tuple[int, ...]
    cuts: tuple[slice, ...]
    kept: tuple[int, ...]
    order: tuple[int, ...]
    merged: tuple[int, ...]
    shape: tuple[int, ...]
    part: Layout | None = None
    axis: int = 0

    @property
    def by_rows(self) -> bool:
        """Whether the tensor lies with "model" last: one row for each number that it makes of a row of the stream."""
        return self.parted[-1] == -1

    @property
    def outputs_first(self) -> bool:
        """Whether a matrix lies with what it makes along its first axis; this is declared last. One axis is "model"."""
        return (self.parted[-1] == -1) != (self.merged[-1] == -1)

    def stacked(self, source: str, names: Sequence[str], axis: int) -> Layout:
        """The tensor whose parts along an axis lie as this one does, each under a name of its own."""
        count = len(names)
        order = [each + 1 for each in self.order]
        merged, shape = list(self.merged), list(self.shape)
        order.insert(axis, 0)
        merged.insert(axis, count)
        shape.insert(axis, count)
        return Layout(
            source, tuple(names), (count, *self.parted), (slice(None), *self.cuts), (count, *self.kept),
            tuple(order), tuple(merged), tuple(shape), self, axis,
        )  # fmt: skip

    def view(self, stored: np.ndarray) -> np.ndarray:
        """The declared tensor, of the checkpoint's."""
        return self._parts(stored).reshape(self.merged)

    def at(self, stored: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
        """One number of the declared tensor: parts whose axes cannot be merged without a copy stay apart."""
        parts = self._parts(stored)
        lengths = list(parts.shape)
        found: list[Any] = []
        for index, length in zip(place, self.shape, strict=True):
            own = [lengths.pop(0)]
            while math.prod(own) < length:
                own.append(lengths.pop(0))
            found += np.unravel_index(index, own)
        return parts[tuple(found)]

    def _parts(self, stored: np.ndarray) -> np.ndarray:
        return stored.reshape(self.parted)[self.cuts].reshape(self.kept).transpose(self.order)
