"""A declared computation: every quantity, its inputs, and the operation that computes it from them.

One declaration drives the calculation, the highlighting of the cells a number comes from, its derivation, the
formula and the explanation beside it. Axes have names, and quantities that share an axis name share its index.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from attention_core.arrays import take_indices
from attention_core.computation.arithmetic import Value
from attention_core.computation.derivation import Address, Role, Term
from attention_core.errors import InputError
from attention_core.validate import check_index

Numbers = np.ndarray  # float32 for a model, float64 by hand, Fraction objects for exact arithmetic

# The head and the token of a number are stated around a line, not in every name on it.
IMPLICIT_AXES = frozenset({"head", "query", "key", "position", "patch"})
# Axes whose index depends on other indices: a token, its position ID and its segment on the position, the key-value
# head on the query head, the bucket of a relative position on query and key, the colour on the value in a patch.
GATHERED_AXES = frozenset({"token", "position_id", "segment", "kv_head", "bucket", "colour"})


@dataclass(frozen=True)
class Ref:
    """A quantity as an input: its name, the axes that index it there, and its layer.

    previous_layer: whether it belongs to the previous layer
    layer:          its layer, if given explicitly
    """

    name: str
    axes: tuple[str, ...]
    previous_layer: bool = False
    layer: int | None = None


def parse_ref(text: str) -> Ref:
    """An input as written in a declaration: "W_Q[head, model, dim]".

    "previous resid_post[position, model]" is that of the previous layer, "resid_post[position, model]@5" of layer 5.
    """
    text, _, layer = text.partition("@")
    name, _, axes = text.removesuffix("]").partition("[")
    previous_layer = name.startswith("previous ")
    of = int(layer) if layer else None
    return Ref(name.removeprefix("previous "), tuple(axes.split(", ")) if axes else (), previous_layer, of)


class Operand(NamedTuple):
    """An input's numbers and the names of their axes."""

    numbers: Numbers
    axes: tuple[str, ...]

    def aligned(self, target: tuple[str, ...]) -> Numbers:
        """The numbers with their axes transposed and extended to broadcast against an array with the target axes."""
        if self.axes == target:
            return self.numbers
        order, index = _alignment(self.axes, target)
        return self.numbers.transpose(order)[index]


@cache
def _alignment(axes: tuple[str, ...], target: tuple[str, ...]) -> tuple[list[int], tuple[slice | None, ...]]:
    """The order of the axes among the target axes, and the index that inserts the missing ones."""
    order = [axes.index(axis) for axis in target if axis in axes]
    return order, tuple(slice(None) if axis in axes else None for axis in target)


Index = int | np.ndarray  # along one axis: of one number, or of several
Rounding = Callable[[Numbers], Numbers]  # applied to every intermediate result by hand: none, or to some decimals


class Operation(Protocol):
    """How a quantity is computed from its inputs: as an array, and as the derivation of a single number.

    reads_row: whether a number depends on an entire row of the first input, or on one number of it
    """

    reads_row: ClassVar[bool] = False

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        """The entire quantity, in the precision of the inputs."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        """The entire quantity, written into an array of its shape, which may be the first input's."""
        out[...] = self.compute(axes, inputs)
        return out

    def term(self, cell: Cell) -> Term:
        """The derivation of one of its numbers."""


@runtime_checkable
class ByHand(Operation, Protocol):
    """An operation that can also be carried out on paper."""

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        """The entire quantity, with every intermediate product, exponential, sum and quotient rounded."""


class Weighting(ByHand, Protocol):
    """An operation that turns a row of scores into weights."""

    equation: ClassVar[str]


@dataclass(frozen=True)
class Stage:
    """One quantity of a computation.

    name:     its name in addresses; symbol: its name in a line
    axes:     the names of its axes, in array order
    layer:    the layer it belongs to, or None
    operation, inputs: how it is computed, and from which quantities
    inline:   whether a derivation that uses one of its numbers first shows how that number is computed
    title, equation: the heading shown above it on a page
    """

    name: str
    axes: tuple[str, ...]
    operation: Operation
    inputs: tuple[Ref, ...] = ()
    layer: int | None = None
    symbol: str = ""
    role: Role = "plain"
    inline: bool = False
    title: str = ""
    equation: str = ""

    def label(self, index: Mapping[str, int], free: Collection[str]) -> str:
        """The name of one of its numbers in a line where the axes in `free` vary."""
        shown = [str(index[axis]) for axis in self.axes if axis in free or axis not in IMPLICIT_AXES]
        return f"{self.symbol or self.name}[{', '.join(shown)}]" if shown else self.symbol or self.name

    def address(self, index: Mapping[str, int]) -> Address:
        """The address of one of its numbers."""
        indices = tuple(index[axis] for axis in self.axes)
        return Address(self.name, indices if self.layer is None else (self.layer, *indices))

    def leaf(self, number: Value, index: Mapping[str, int], free: Collection[str] = ()) -> Term:
        """One of its numbers as a leaf of a line where the axes in `free` vary; its address opens its derivation."""
        return Term(number, self.label(index, free), at=self.address(index), role=self.role)

    def leaves(self, numbers: Numbers, indices: Sequence[Index], free: Collection[str] = ()) -> list[Term]:
        """Several of its numbers as leaves; `indices` holds the index of each along each axis."""
        values = (numbers if numbers.dtype == object else numbers.astype(float)).ravel().tolist()
        places = list(zip(*(np.broadcast_to(each, numbers.shape).ravel().tolist() for each in indices), strict=True))
        shown = [i for i, axis in enumerate(self.axes) if axis in free or axis not in IMPLICIT_AXES]
        name, layer, symbol = self.name, () if self.layer is None else (self.layer,), self.symbol or self.name
        return [
            Term(value, f"{symbol}[{', '.join([str(at[i]) for i in shown])}]" if shown else symbol,
                 at=Address(name, layer + at), role=self.role)
            for value, at in zip(values, places, strict=True)
        ]  # fmt: skip


class Run(Protocol):
    """A computation that was carried out: its declaration and its numbers."""

    def stage(self, name: str, layer: int | None) -> Stage:
        """The quantity with this name that a layer can refer to; InputError if there is none."""

    def has(self, name: str, layer: int | None) -> bool:
        """Whether there is a quantity with this name."""

    def array(self, name: str, layer: int | None) -> Numbers:
        """All its numbers."""

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """The axes that an axis depends on, and its index for each of theirs: "token" depends on "position"."""

    def origin(self, name: str, layer: int | None) -> str:
        """A sentence that says where an input's numbers come from."""


@dataclass(frozen=True)
class Cell:
    """One number of a run: its quantity, and its index along each axis."""

    run: Run
    stage: Stage
    index: Mapping[str, int]

    def input_term(self, ref: Ref, free: Mapping[str, int] | None = None) -> Term:
        """A number of an input as a leaf of this number's line; `free` holds the indices of axes that vary there."""
        other = self.input_cell(ref, free or {})
        return other.leaf({name for name, axis in zip(other.stage.axes, ref.axes, strict=True) if axis in (free or {})})

    def inlined_input(self, ref: Ref, free: Mapping[str, int] | None = None) -> Term:
        """The same, preceded by its own derivation if its stage is inline."""
        other = self.input_cell(ref, free or {})
        return other.term() if other.stage.inline else self.input_term(ref, free)

    def input_cell(self, ref: Ref, free: Mapping[str, int]) -> Cell:
        """The cell of an input that this number is computed from."""
        stage = input_stage(self.run, ref, self.stage)
        known = {**self.index, **free}
        values = (known[axis] if axis in known else int(self.gathered_index(axis, known)) for axis in ref.axes)
        return Cell(self.run, stage, dict(zip(stage.axes, values, strict=True)))

    def gathered_index(self, axis: str, known: Mapping[str, Index]) -> Index:
        """The index along an axis that depends on others, such as the token at a position."""
        source_axes, indices = self.run.gather_indices(axis)
        return indices[tuple(known[source] for source in source_axes)]

    def input_terms(self, ref: Ref, axes: tuple[str, ...], known: Mapping[str, int] | None = None) -> list[Term]:
        """All numbers of an input along some of its axes, as leaves of this number's line.

        known: the indices of other axes that this number does not have
        """
        stage = input_stage(self.run, ref, self.stage)
        numbers = self.run.array(stage.name, stage.layer)
        lengths = [numbers.shape[ref.axes.index(axis)] for axis in axes]
        index: dict[str, Index] = {**self.index, **(known or {})}
        index |= zip(axes, np.indices(lengths, sparse=True), strict=True)
        indices = [index[axis] if axis in index else self.gathered_index(axis, index) for axis in ref.axes]
        free = {name for name, axis in zip(stage.axes, ref.axes, strict=True) if axis in axes or axis in (known or {})}
        return stage.leaves(numbers[tuple(indices)], indices, free)

    def value(self) -> Value:
        """The number itself."""
        number = self.run.array(self.stage.name, self.stage.layer)[tuple(self.index[axis] for axis in self.stage.axes)]
        return number if isinstance(number, Fraction) else float(number)

    def leaf(self, free: set[str] | frozenset[str] = frozenset()) -> Term:
        """The number as a leaf of a line; its address opens its derivation."""
        return self.stage.leaf(self.value(), self.index, free)

    def row_terms(self) -> list[Term]:
        """All numbers along the last axis that share this one's other indices, as leaves of a line."""
        *fixed, _ = [self.index[axis] for axis in self.stage.axes]
        numbers = self.run.array(self.stage.name, self.stage.layer)[tuple(fixed)]
        return self.stage.leaves(numbers, [*fixed, np.arange(len(numbers))])

    def term(self) -> Term:
        """The derivation of the number."""
        term = self.stage.operation.term(self)
        at, label = self.stage.address(self.index), self.stage.label(self.index, {})
        return term.named(label, at=at, role=self.stage.role, note=term.note)


def cell_at(run: Run, stage: Stage, indices: tuple[int, ...]) -> Cell:
    """The number of a quantity at these indices; InputError if there is none."""
    shape = run.array(stage.name, stage.layer).shape
    if len(indices) != len(shape):
        axes = f"{len(shape)} ax{'is' if len(shape) == 1 else 'es'} ({', '.join(stage.axes)})"
        given = f"{len(indices)} ind{'ex was' if len(indices) == 1 else 'ices were'} given"
        raise InputError(f"{stage.name} has {axes}, but {given}.")
    for axis, index, size in zip(stage.axes, indices, shape, strict=True):
        check_index(axis, index, size)
    return Cell(run, stage, dict(zip(stage.axes, indices, strict=True)))


def input_stage(run: Run, ref: Ref, stage: Stage) -> Stage:
    """The quantity that an input of a stage refers to."""
    layer = stage.layer - 1 if ref.previous_layer and stage.layer else stage.layer
    return run.stage(ref.name, layer if ref.layer is None else ref.layer)


def operand(run: Run, ref: Ref, stage: Stage) -> Operand:
    """The numbers of an input of a stage, gathered along any axis whose index depends on others."""
    source = input_stage(run, ref, stage)
    numbers, axes = run.array(source.name, source.layer), ref.axes
    for axis in ref.axes:
        if axis in GATHERED_AXES and axis not in stage.axes:
            source_axes, indices = run.gather_indices(axis)
            at = axes.index(axis)
            numbers = take_indices(numbers, indices, at)
            axes = (*axes[:at], *source_axes, *axes[at + 1 :])
    return Operand(numbers, axes)


def compute(run: Run, stage: Stage) -> Numbers:
    """A quantity, computed from the inputs in its run."""
    return stage.operation.compute(stage.axes, [operand(run, each, stage) for each in stage.inputs])


def by_hand(run: Run, stage: Stage, rounded: Rounding) -> Numbers:
    """The same with every intermediate result rounded; TypeError for an operation that cannot be done by hand."""
    if not isinstance(stage.operation, ByHand):
        raise TypeError(f"{stage.name} cannot be computed by hand.")
    return stage.operation.by_hand(stage.axes, [operand(run, each, stage) for each in stage.inputs], rounded)
