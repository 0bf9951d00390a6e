"""Inputs, and the identity.

Products are in `einsum.py`, elementwise operations in `elementwise.py`, norms in `norms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from attention_core.computation.derivation import Term
from attention_core.computation.stage import Cell, Numbers, Operand, Operation


@dataclass(frozen=True)
class Input(Operation):
    """A quantity that is not computed from others: a parameter, or an input of the run.

    why: a sentence that says where it comes from; empty for a parameter
    """

    why: str = ""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        raise TypeError("An input is not computed.")

    def term(self, cell: Cell) -> Term:
        origin = cell.run.origin(cell.stage.name, cell.stage.layer)
        # With one tensor per expert or head, the indices select the tensor that holds the number.
        for axis, index in cell.index.items():
            origin = origin.replace(f"{{{axis}}}", str(index))
        return Term(cell.value(), note=origin)


@dataclass(frozen=True)
class Identity(Operation):
    """The same numbers under another name: a layer's input is the previous layer's output."""

    def compute(self, axes: tuple[str, ...], inputs: list[Operand]) -> Numbers:
        return inputs[0].aligned(axes)

    def term(self, cell: Cell) -> Term:
        return cell.input_cell(cell.stage.inputs[0], {}).term()
