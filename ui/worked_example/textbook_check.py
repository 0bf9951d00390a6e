"""A textbook checked against the computation: the numbers that its text prints, and those its vectors give."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from html import escape
from itertools import groupby

import numpy as np
import streamlit as st

from attention_core.computation.derivation import Address, Piece
from attention_core.computation.render import format_number
from attention_core.lessons.solve import Solution, solve
from attention_core.lessons.textbook import Claim, claims, printed_sums, source, textbook
from ui.arithmetic.equations import equation
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Fold, Table, arithmetic, encode_arithmetic
from ui.shared.selection import put
from ui.shared.trail import Trail
from ui.worked_example import state

LONGEST_SUM = 11  # of a sum; the text has values for as many words
COLUMNS = ["quantity", "printed", "from the printed numbers", "from the vectors", "divided by √3"]


@cache
def textbook_solutions() -> tuple[Solution, Solution]:
    """The textbook's example as printed, and with its scores divided by sqrt(d_head)."""
    return solve(textbook()), solve(replace(textbook(), scaled=True))


def claim_address(claim: Claim) -> Address | None:
    """The address of the number in a claim; None for a total, and for a word without query and key."""
    if claim.quantity == "output":
        return Address("z", (0, claim.query, claim.dim or 0))
    if claim.key is None:
        return None
    return Address("product" if claim.quantity == "score" else "weight", (0, claim.query, claim.key))


def computed_value(claim: Claim, solution: Solution) -> float | None:
    """The number that the vectors give; None if they give none."""
    if claim.quantity == "total":
        return float(solution.array("weight")[0, claim.query].sum())
    address = claim_address(claim)
    return float(solution.array(address.quantity)[address.indices]) if address else None


def is_printed(claim: Claim) -> bool:
    """Whether the text prints the number; a total is implied."""
    return claim.quantity != "total"


def contradicts(claim: Claim) -> bool:
    """Whether the vectors do not give a printed number to its last digit."""
    value = computed_value(claim, textbook_solutions()[0])
    half = 0.5 * 10.0 ** -claim_decimals(claim) + 1e-9
    return is_printed(claim) and value is not None and abs(value - claim.value) > half


def claim_decimals(claim: Claim) -> int:
    """How many decimals the text prints."""
    return 3 if claim.quantity == "output" else 2


def claim_row(claim: Claim) -> list[Piece]:
    """A claim as a row: its word or dimension, the printed number, and the computed ones."""
    about = {"total": "total", "output": f"dimension {claim.dim}"}.get(claim.quantity, f"“{claim.word}”")
    unscaled, scaled = textbook_solutions()
    value, address = computed_value(claim, unscaled), claim_address(claim)
    divided = None if claim.quantity == "score" and address is None else scaled_value(claim, scaled)
    return [
        Piece(about),
        Piece(printed_text(claim)),
        Piece("" if claim.implied is None else format_number(claim.implied, claim_decimals(claim))),
        Piece("no query or key") if value is None else Piece(format_number(value, 4), name=about, at=address),
        Piece("" if divided is None else format_number(divided, 4)),
    ]  # fmt: skip


def printed_text(claim: Claim) -> str:
    """The number as the text prints it, marked if its vectors do not give it; "" for a total."""
    mark = " ✗" if contradicts(claim) else ""
    return format_number(claim.value, claim_decimals(claim)) + mark if is_printed(claim) else ""


def scaled_value(claim: Claim, scaled: Solution) -> float | None:
    """The number with the scaling that the text leaves out; the score in place of a dot product."""
    if claim.quantity == "score" and claim.key is not None:
        return float(scaled.array("score")[0, claim.query, claim.key])
    return computed_value(claim, scaled)


def sums_text() -> str:
    """The totals of the printed weights that are not 1, as sentences."""
    totals = [each for each in claims() if each.quantity == "total" and each.implied is not None]
    off = [each for each in totals if abs((each.implied or 0) - each.value) > 1e-9]
    return "".join(f"In the step “{each.step}” its weights add up to {each.implied:.2f}, not 1. " for each in off)


def textbook_check() -> None:
    """Show every claim of the text beside the computed number, which opens its derivation."""
    unscaled, _ = textbook_solutions()
    st.html('<h2 class="block">The textbook’s numbers checked against the computation</h2>')
    printed = list(filter(is_printed, claims()))
    wrong, without = sum(map(contradicts, printed)), sum(computed_value(each, unscaled) is None for each in printed)
    best = int(np.argmax(unscaled.array("weight")[0, claims()[0].query]))
    word = textbook().words[best]
    st.html(
        f'<p class="read">{wrong} of the {len(printed)} numbers that the textbook prints do not follow from its '
        f"vectors (✗); {without} more belong to words without a query and a key. {sums_text()}Softmax gives “{word}” "
        f"the largest weight. Click a computed number to open its computation.</p>"
        f'<p class="read">{escape(source())}</p>'
    )
    folds = [
        Fold(
            step,
            [
                equation(term, LONGEST_SUM, name=f"From the printed numbers: {term.name}")[0]
                for term in printed_sums(step)
            ],
            tables=[Table(COLUMNS, [claim_row(claim) for claim in group])],
        )
        for step, group in groupby(claims(), key=lambda claim: claim.step)
    ]

    def open_number(address: Address) -> None:
        if state.setting().lesson:
            state.start_preset("textbook")
        put(cell=Trail((address,)))

    content, name = Arithmetic([ArithmeticStep(folds=folds)]), "The textbook’s numbers checked against the computation"
    arithmetic(encode_arithmetic(content, name), key="truth", on_open=open_number, on_back=lambda kept: None)
