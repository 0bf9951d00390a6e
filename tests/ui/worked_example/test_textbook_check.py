"""The marks of the textbook's table: a number is marked where its vectors give another one."""

import numpy as np

from attention_core.lessons.textbook import claims
from ui.worked_example.textbook_check import claim_row, contradicts, sums_text, textbook_solutions


def computed(claim):
    """The number of a claim, from the example's vectors alone; None for a word without them."""
    q, k, v = (textbook_solutions()[0].array(name)[0] for name in "qkv")
    scores = k @ q[claim.query]
    weights = np.exp(scores) / np.exp(scores).sum()
    match claim.quantity:
        case "total":
            return weights.sum()
        case "output":
            return weights @ v[:, claim.dim]
    values = scores if claim.quantity == "score" else weights
    return None if claim.key is None else values[claim.key]


def test_a_number_is_marked_where_its_vectors_give_another_one():
    marked = 0
    for claim in claims():
        _, printed, _, shown, _ = (piece.text for piece in claim_row(claim))
        number, decimals = computed(claim), len(printed.removesuffix(" ✗").partition(".")[2])
        assert shown == ("no query or key" if number is None else f"{number:.4f}")
        if claim.quantity == "total":
            assert printed == ""  # the text prints none
            continue
        follows = number is None or f"{number:.{decimals}f}" == printed.removesuffix(" ✗")
        assert contradicts(claim) == printed.endswith("✗") == (not follows), claim
        marked += not follows
    assert marked == 19


def test_the_printed_weights_that_do_not_add_up_to_1_are_said():
    assert sums_text() == "In the step “Weighted sum” its weights add up to 1.01, not 1. "
