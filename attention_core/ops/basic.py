"""The operations that a computation is declared with: each for whole arrays, by hand, and for one number.

Products are in `products.py`, what is done to each number alone in `elementwise.py`, norms in `norms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from attention_core.computation.derivation import Term
from attention_core.computation.stage import Cell, Numbers, Operand, Operation


@dataclass(frozen=True)
class Input(Operation):
    """A number that is not made from others: trained, or put in by a person.

    why: where it comes from, in words; nothing for a trained number
    """

    why: str = ""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        raise TypeError("A given number is not computed.")

    def term(self, cell: Cell) -> Term:
        origin = cell.run.origin(cell.stage.name, cell.stage.layer)
        # Where each expert or head has a tensor of its own, the number stands in one of them.
        for axis, index in cell.index.items():
            origin = origin.replace(f"{{{axis}}}", str(index))
        return Term(cell.value(), note=origin)


@dataclass(frozen=True)
class Identity(Operation):
    """The same numbers under another name: what a layer finds is what the one before it left."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].along(axes)

    def term(self, cell: Cell) -> Term:
        return cell.place(cell.stage.inputs[0], {}).term()
