"""The textbook held against the truth: what its text claims, and what follows from its vectors."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import groupby

import numpy as np
import streamlit as st

from attention_core.computation.derivation import Address, Piece
from attention_core.computation.render import format_number
from attention_core.lessons.solve import Solution, solve
from attention_core.lessons.textbook import Claim, claims, printed_sums, textbook
from ui.arithmetic.equations import equation
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Fold, Table, arithmetic
from ui.shared.selection import put
from ui.shared.trail import Trail
from ui.worked_example import lesson as state

MOST = 11  # terms: as many words as the text has values
HEAD = ["", "the text says", "its own numbers give", "its vectors give", "divided by √3"]


@cache
def solved() -> tuple[Solution, Solution]:
    """The textbook's example as it stands there, and with its scores divided by sqrt(d_head)."""
    return solve(textbook()), solve(replace(textbook(), scaled=True))


def address_of(claim: Claim) -> Address | None:
    """The number that a claim is about; None for a total, and for a word that has no query and no key."""
    if claim.quantity == "output":
        return Address("z", (0, claim.query, claim.dim or 0))
    if claim.key is None:
        return None
    return Address("product" if claim.quantity == "score" else "weight", (0, claim.query, claim.key))


def truth(claim: Claim, solution: Solution) -> float | None:
    """What follows from the vectors; None where they say nothing."""
    if claim.quantity == "total":
        return float(solution.array("weight")[0, claim.query].sum())
    address = address_of(claim)
    return float(solution.array(address.quantity)[address.indices]) if address else None


def is_wrong(claim: Claim) -> bool:
    """Whether the vectors, or the text's own numbers, do not give what the text says, to the digits that it prints."""
    half = 0.5 * 10.0 ** -decimals(claim) + 1e-9
    held = [value for value in (truth(claim, solved()[0]), claim.implied) if value is not None]
    return any(abs(value - claim.value) > half for value in held)


def decimals(claim: Claim) -> int:
    """How many decimals the text prints."""
    return 3 if claim.quantity == "output" else 2


def row(claim: Claim) -> list[Piece]:
    """A claim as a row: what it is about, what is said, and what is true."""
    about = {"total": "all together", "output": f"dimension {claim.dim}"}.get(claim.quantity, f"“{claim.word}”")
    unscaled, scaled = solved()
    own, address = truth(claim, unscaled), address_of(claim)
    divided = None if claim.quantity == "score" and address is None else truth_scaled(claim, scaled)
    return [
        Piece(about),
        Piece(format_number(claim.value, decimals(claim)) + (" ✗" if is_wrong(claim) else "")),
        Piece("" if claim.implied is None else format_number(claim.implied, decimals(claim))),
        Piece("no query or key") if own is None else Piece(format_number(own, 4), name=about, at=address),
        Piece("" if divided is None else format_number(divided, 4)),
    ]  # fmt: skip


def truth_scaled(claim: Claim, scaled: Solution) -> float | None:
    """The same with the scaling that the text leaves out; of a dot product, the score."""
    if claim.quantity == "score" and claim.key is not None:
        return float(scaled.array("score")[0, claim.query, claim.key])
    return truth(claim, scaled)


def truth_table() -> None:
    """Every claim of the text beside what follows from its vectors; a true number opens its derivation."""
    st.html('<h2 class="block">The textbook held against the truth</h2>')
    wrong = sum(map(is_wrong, claims()))
    best = int(np.argmax(solved()[0].array("weight")[0, claims()[0].query]))
    word = textbook().words[best]
    st.html(
        f'<p class="read">{wrong} of the {len(claims())} numbers that the text prints do not follow from its vectors '
        f"(✗). Softmax gives “{word}” the most. A true number opens its derivation.</p>"
    )
    folds = [
        Fold(
            step,
            [equation(term, MOST, name=f"Its own numbers, {term.name}")[0] for term in printed_sums(step)],
            tables=[Table(HEAD, [row(claim) for claim in group])],
        )
        for step, group in groupby(claims(), key=lambda claim: claim.step)
    ]

    def open_number(address: Address) -> None:
        if state.setting().lesson:
            state.start("textbook")
        put(cell=Trail((address,)))

    arithmetic(Arithmetic([ArithmeticStep(folds=folds)]), key="truth", on_open=open_number, on_back=lambda kept: None,
               name="The textbook held against the truth")  # fmt: skip
