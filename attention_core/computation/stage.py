"""A computation, declared: every quantity, what it is made from, and how.

One declaration drives calculating, lighting the cells that a number comes from, its derivation, the
formula and the words beside it. Axes have names, and two quantities that share a name share the index.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from attention_core.arrays import take_along
from attention_core.computation.derivation import Address, Role, Term, Value
from attention_core.errors import InputError

Numbers = np.ndarray  # float32 for a model, float64 by hand, Fractions where they are exact

# Which head and which token a number belongs to is said around a line, not in every name on it.
UNNAMED = frozenset({"head", "query", "key", "position", "patch"})
# Axes whose index follows from that of others: a token, its place and its segment from its position, the keys'
# head from the query's, the bucket of a relative position from query and key, the colour of a patch's value.
GATHERED_AXES = frozenset({"token", "position_id", "segment", "kv_head", "bucket", "colour"})


@dataclass(frozen=True)
class Ref:
    """A quantity as an input, the axes by which it is indexed there, and whose it is.

    earlier: whether it is the layer before's;  layer: the layer that it is of, where that is said
    """

    name: str
    axes: tuple[str, ...]
    earlier: bool = False
    layer: int | None = None


def ref(text: str) -> Ref:
    """An input as it is written in a declaration: "W_Q[head, model, dim]".

    "earlier resid_post[position, model]" is the layer before's, "resid_post[position, model]@5" that of layer 5.
    """
    text, _, layer = text.partition("@")
    name, _, axes = text.removesuffix("]").partition("[")
    earlier = name.startswith("earlier ")
    of = int(layer) if layer else None
    return Ref(name.removeprefix("earlier "), tuple(axes.split(", ")) if axes else (), earlier, of)


class Operand(NamedTuple):
    """An input's numbers, and the names of their axes."""

    numbers: Numbers
    axes: tuple[str, ...]

    def along(self, wanted: tuple[str, ...]) -> Numbers:
        """The numbers with their axes where a wider array has them, so that the two can be added or multiplied."""
        if self.axes == wanted:
            return self.numbers
        order, places = _placed(self.axes, wanted)
        return self.numbers.transpose(order)[places]


@cache
def _placed(axes: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[list[int], tuple[slice | None, ...]]:
    """In what order axes stand among wanted ones, and where those that are missing go between them."""
    order = [axes.index(axis) for axis in wanted if axis in axes]
    return order, tuple(slice(None) if axis in axes else None for axis in wanted)


Rounding = Callable[[Numbers], Numbers]  # what a person does to every result on the way: nothing, or so many decimals


class Operation(Protocol):
    """How a quantity is made from its inputs: for whole arrays, and for one number at a time.

    reads_row: whether a number is made from the whole row of the first input, or from one number of it
    """

    reads_row: ClassVar[bool] = False

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        """The whole quantity, in the inputs' own precision."""

    def compute_into(self, axes: tuple[str, ...], inputs: list[Operand], out: Numbers) -> Numbers:
        """The whole quantity, written into an array of its shape, which may be that of the first input."""
        out[...] = self.compute(axes, inputs)
        return out

    def term(self, cell: Cell) -> Term:
        """How one number of it is made."""


@runtime_checkable
class ByHand(Operation, Protocol):
    """An operation that can also be carried out as on paper."""

    def by_hand(self, axes: tuple[str, ...], inputs: list[Operand], rounded: Rounding) -> Numbers:
        """The whole quantity, every product, power, sum and quotient on the way rounded."""


class Weighing(ByHand, Protocol):
    """An operation that makes a row of scores into weights."""

    equation: ClassVar[str]


@dataclass(frozen=True)
class Stage:
    """One quantity of a computation.

    name:     what it is called in addresses; symbol: what it is called in a line
    axes:     the names of its axes, in the order of the array's
    layer:    the layer that it belongs to, or None
    operation, inputs: how it is made, and from what
    inline:   whether a line that uses one number of it shows first how that number is made
    title, equation: what stands above it on a page
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
        """The name of one of its numbers in a line in which the axes in `free` vary."""
        shown = [str(index[axis]) for axis in self.axes if axis in free or axis not in UNNAMED]
        return f"{self.symbol or self.name}[{', '.join(shown)}]" if shown else self.symbol or self.name

    def address(self, index: Mapping[str, int]) -> Address:
        """The address of one of its numbers."""
        place = tuple(index[axis] for axis in self.axes)
        return Address(self.name, place if self.layer is None else (self.layer, *place))

    def leaf(self, number: Value, index: Mapping[str, int], free: Collection[str] = ()) -> Term:
        """One of its numbers as it stands in a line in which the axes in `free` vary; it opens under its address."""
        return Term(number, self.label(index, free), at=self.address(index), role=self.role)


class Run(Protocol):
    """A computation carried out: its declaration and its numbers."""

    def stage(self, name: str, layer: int | None) -> Stage:
        """The quantity of a name, as a layer sees it; InputError when there is none."""

    def has(self, name: str, layer: int | None) -> bool:
        """Whether there is a quantity of this name."""

    def array(self, name: str, layer: int | None) -> Numbers:
        """All its numbers."""

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """What an axis follows, and its index at each place there: "token" follows "position", by the ids."""

    def origin(self, name: str, layer: int | None) -> str:
        """Where a given number comes from, in words."""


@dataclass(frozen=True)
class Cell:
    """One number of a run: the quantity that it belongs to, and its index along each axis."""

    run: Run
    stage: Stage
    index: Mapping[str, int]

    def part(self, ref: Ref, free: Mapping[str, int] | None = None) -> Term:
        """A number of an input as it stands in this number's line; `free` indexes the axes that vary there."""
        other = self.place(ref, free or {})
        return other.leaf({own for own, axis in zip(other.stage.axes, ref.axes, strict=True) if axis in (free or {})})

    def whole(self, ref: Ref, free: Mapping[str, int] | None = None) -> Term:
        """The same, with its own making before it where its stage asks for that."""
        other = self.place(ref, free or {})
        return other.term() if other.stage.inline else self.part(ref, free)

    def place(self, ref: Ref, free: Mapping[str, int]) -> Cell:
        """The cell of an input that this number is made from."""
        stage = source(self.run, ref, self.stage)
        known = {**self.index, **free}
        values = (known[axis] if axis in known else self.follow(axis, known) for axis in ref.axes)
        return Cell(self.run, stage, dict(zip(stage.axes, values, strict=True)))

    def follow(self, axis: str, known: Mapping[str, int]) -> int:
        """The index along an axis that follows another, such as a position's token."""
        leaders, places = self.run.gather_indices(axis)
        return int(places[tuple(known[leader] for leader in leaders)])

    def points(self, axes: tuple[str, ...], within: Ref) -> Iterator[dict[str, int]]:
        """Every index along some axes of an input."""
        numbers = operand(self.run, within, self.stage).numbers
        lengths = [numbers.shape[within.axes.index(axis)] for axis in axes]
        for point in itertools.product(*map(range, lengths)):
            yield dict(zip(axes, point, strict=True))

    def value(self) -> Value:
        """The number itself."""
        number = self.run.array(self.stage.name, self.stage.layer)[tuple(self.index[axis] for axis in self.stage.axes)]
        return number if isinstance(number, Fraction) else float(number)

    def leaf(self, free: set[str] | frozenset[str] = frozenset()) -> Term:
        """The number as it stands in a line, to be opened under its address."""
        return self.stage.leaf(self.value(), self.index, free)

    def row(self) -> list[Term]:
        """All numbers along the last axis that have this one's other places, as they stand in a line."""
        stage = self.stage
        *axes, last = stage.axes
        numbers = self.run.array(stage.name, stage.layer)[tuple(self.index[axis] for axis in axes)].tolist()
        indices = ({**self.index, last: place} for place in range(len(numbers)))
        return [stage.leaf(number, index) for number, index in zip(numbers, indices, strict=True)]

    def term(self) -> Term:
        """How the number is made."""
        made = self.stage.operation.term(self)
        at, label = self.stage.address(self.index), self.stage.label(self.index, {})
        return made.named(label, at=at, role=self.stage.role, note=made.note)


def cell_at(run: Run, stage: Stage, place: tuple[int, ...]) -> Cell:
    """The number at a place of a quantity; InputError when there is no such place."""
    shape = run.array(stage.name, stage.layer).shape
    if len(place) != len(shape):
        axes = f"{len(shape)} ax{'is' if len(shape) == 1 else 'es'} ({', '.join(stage.axes)})"
        raise InputError(f"{stage.name} has {axes}; {len(place)} {'was' if len(place) == 1 else 'were'} named.")
    for axis, index, size in zip(stage.axes, place, shape, strict=True):
        if not 0 <= index < size:
            raise InputError(f"{axis.capitalize()} {index} is not there: they are 0 to {size - 1}.")
    return Cell(run, stage, dict(zip(stage.axes, place, strict=True)))


def source(run: Run, ref: Ref, stage: Stage) -> Stage:
    """The quantity that an input of a stage refers to."""
    layer = stage.layer - 1 if ref.earlier and stage.layer else stage.layer
    return run.stage(ref.name, layer if ref.layer is None else ref.layer)


def operand(run: Run, ref: Ref, stage: Stage) -> Operand:
    """An input of a stage; along an axis that follows another, what belongs to each place there."""
    own = source(run, ref, stage)
    numbers, axes = run.array(own.name, own.layer), ref.axes
    for axis in ref.axes:
        if axis in GATHERED_AXES and axis not in stage.axes:
            leaders, indices = run.gather_indices(axis)
            place = axes.index(axis)
            numbers = take_along(numbers, indices, place)
            axes = (*axes[:place], *leaders, *axes[place + 1 :])
    return Operand(numbers, axes)


def compute(run: Run, stage: Stage) -> Numbers:
    """A quantity, from the inputs that its run holds."""
    return stage.operation.compute(stage.axes, [operand(run, each, stage) for each in stage.inputs])


def by_hand(run: Run, stage: Stage, rounded: Rounding) -> Numbers:
    """The same, with every result on the way rounded; TypeError for an operation that has no such form."""
    if not isinstance(stage.operation, ByHand):
        raise TypeError(f"{stage.name} cannot be computed by hand.")
    return stage.operation.by_hand(stage.axes, [operand(run, each, stage) for each in stage.inputs], rounded)
