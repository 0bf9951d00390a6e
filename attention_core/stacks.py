"""The tensors of a layer's experts, each of which has its own in a checkpoint, as one tensor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from attention_core.arrays import Array
from attention_core.errors import CheckpointError, ShapeError

NUMBERED = re.compile(r"(?<=\.experts\.)\d+(?=\.)")
EXPERT = "{expert}"
"""What stands for an expert's number in the name of what is stacked."""


class Held(Protocol):
    """What holds tensors: a file, or a stack of tensors from files."""

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape."""

    def read(self, name: str, out: Array | None) -> Array:
        """A tensor as float32, written into `out` when it is given."""


class Stack:
    """The same tensor of every expert, [expert, …]."""

    def __init__(self, parts: Mapping[str, Held]) -> None:
        self._parts = parts

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the whole; ShapeError when one expert's is another than the first one's."""
        shapes = {part: held.shape(part) for part, held in self._parts.items()}
        first, expected = next(iter(shapes.items()))
        for part, shape in shapes.items():
            if shape != expected:
                raise ShapeError(f"{part!r} has shape {list(shape)}, but {first!r} has {list(expected)}.")
        return (len(shapes), *expected)

    def read(self, name: str, out: Array | None) -> Array:
        """The whole, expert by expert."""
        made = np.empty(self.shape(name), np.float32) if out is None else out
        for (part, held), place in zip(self._parts.items(), made, strict=True):
            held.read(part, place)
        return made


def stacked(tensors: Mapping[str, Held]) -> dict[str, Held]:
    """Tensors by name, those of experts under one name in which `{expert}` stands for the number.

    Raises CheckpointError that names an expert's tensor which is missing among others.
    """
    made: dict[str, Held] = {}
    stacks: dict[str, dict[int, str]] = {}
    for name, held in tensors.items():
        if found := NUMBERED.search(name):
            stacks.setdefault(NUMBERED.sub(EXPERT, name), {})[int(found[0])] = name
        else:
            made[name] = held
    for name, numbers in stacks.items():
        for expert in range(len(numbers)):
            if expert not in numbers:
                raise CheckpointError(f"The checkpoint lacks {name.replace(EXPERT, str(expert))!r}.")
        parts = (numbers[expert] for expert in range(len(numbers)))
        made[name] = Stack({part: tensors[part] for part in parts})
    return made
