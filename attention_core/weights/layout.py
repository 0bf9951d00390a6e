"""The layout of tensors in a checkpoint, and the view of each with the axes that its declaration gives it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from attention_core.weights.stored_view import StoredView

TensorKey = tuple[str, int | None]
"""A canonical name, and the layer; None for what belongs to no layer."""

Numbers = TypeVar("Numbers", np.ndarray, StoredView)
"""An array, or the layout of one in a file."""


@dataclass(frozen=True)
class TensorLayout:
    """A declared tensor as a view of a checkpoint's tensor, or of a part of it; without a copy wherever possible.

        view(stored) = stored.reshape(factored)[slices].reshape(squeezed).transpose(order).reshape(declared)

    source:     its name in the checkpoint
    names:      the checkpoint's tensors: one, or several that are stacked first, one for each index of an axis
    factored:   the lengths of the checkpoint's axes, each split into its factors; -1 for "model"
    slices:     the part taken along each factor
    squeezed:   the lengths of those parts, without axes of length 1 that are not declared
    order:      the axes of the parts in the order of the declaration
    declared:   the declared lengths, each that of one axis of the parts or the product of several; -1 for "model"
    shape:      the same, with the length of "model"
    part, axis: for stacked tensors, the layout of each and the axis they are stacked along

    The length of "model" is -1 because the same view applies to a product with the tensor, which has positions in
    place of "model".
    """

    source: str
    names: tuple[str, ...]
    factored: tuple[int, ...]
    slices: tuple[slice, ...]
    squeezed: tuple[int, ...]
    order: tuple[int, ...]
    declared: tuple[int, ...]
    shape: tuple[int, ...]
    part: TensorLayout | None = None
    axis: int = 0

    @property
    def by_rows(self) -> bool:
        """Whether "model" is the checkpoint's last axis: one row for each output."""
        return self.factored[-1] == -1

    @property
    def outputs_first(self) -> bool:
        """Whether a matrix, of which one axis is "model", has its outputs along the first axis; declared is the last.
        """
        return (self.factored[-1] == -1) != (self.declared[-1] == -1)

    def stacked(self, source: str, names: Sequence[str], axis: int) -> TensorLayout:
        """The layout of a tensor stacked along an axis from tensors of this layout, one for each name."""
        count = len(names)
        order = [each + 1 for each in self.order]
        declared, shape = list(self.declared), list(self.shape)
        order.insert(axis, 0)
        declared.insert(axis, count)
        shape.insert(axis, count)
        return TensorLayout(
            source, tuple(names), (count, *self.factored), (slice(None), *self.slices), (count, *self.squeezed),
            tuple(order), tuple(declared), tuple(shape), self, axis,
        )  # fmt: skip

    def view(self, stored: Numbers) -> Numbers:
        """The declared tensor as a view of the checkpoint's; ValueError where a view in a file would be copied."""
        return self._parts(stored).reshape(self.declared)

    def at(self, stored: Numbers, index: tuple[int, ...]) -> Numbers:
        """One number of the declared tensor, by its index; read without merging axes, which may need a copy."""
        parts = self._parts(stored)
        lengths = list(parts.shape)
        part_index: list[Any] = []
        for at, length in zip(index, self.shape, strict=True):
            merged = [lengths.pop(0)]
            while math.prod(merged) < length:
                merged.append(lengths.pop(0))
            part_index += np.unravel_index(at, merged)
        return parts[tuple(part_index)]

    def _parts(self, stored: Numbers) -> Numbers:
        return stored.reshape(self.factored)[self.slices].reshape(self.squeezed).transpose(self.order)
