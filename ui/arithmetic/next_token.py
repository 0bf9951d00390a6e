"""The arithmetic of the likeliest next tokens: from logits, which open into what they were made from, to chances."""

from __future__ import annotations

import numpy as np

import attention_core as ac
from attention_core.computation.derivation import Address, Piece, Term, combine
from attention_core.computation.render import format_number
from attention_core.explain import open_term
from attention_core.trace import KeepingTrace
from ui.arithmetic.equations import equation, value
from ui.arithmetic.opened import opened, show
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Fold, Table
from ui.shared.selection import chosen
from ui.words.addresses import describe_address


def next_arithmetic(
    trace: ac.Trace, position: int, logits: np.ndarray, found: list[int], names: list[str], shares: np.ndarray
) -> None:  # fmt: skip
    """Show how the logits after a position became probabilities.

    found:  the ids that are shown, the likeliest first
    names:  what each of them reads as
    shares: [d_vocab], the probabilities
    """
    terms = [Term(float(logits[id]), "logit", at=Address("logits", (position, id))) for id in found]
    kept = logits[shares > 0].astype(np.float64) / chosen()["temperature"]
    total = Term(float(np.exp(kept - kept.max()).sum()), "sum")
    kept_trace = KeepingTrace.of(trace)
    making = opened(
        chosen()["logit"], make=lambda at: open_term(kept_trace, at), where=lambda at: describe_address(trace, at)
    )
    show(
        Arithmetic([softmax_step(terms, names, chosen()["temperature"], total, len(kept))], opened=making), "logit",
        key="next_arithmetic", name="The next token, digit by digit", back="Back to the probability",
    )  # fmt: skip


def softmax_step(logits: list[Term], names: list[str], temperature: float, total: Term, count: int) -> ArithmeticStep:
    """The likeliest token's equation, and every shown token's numbers in a table.

    total: the sum of all powers, of the `count` tokens that top k and top p leave
    """
    made = [scaled(each, temperature) for each in logits]
    largest = Term(made[0].value, "max")
    powers = [combine("exp", (combine("difference", (each, largest)),)) for each in made]
    chances = [combine("quotient", (each, total)).named("probability") for each in powers]
    rows = [
        [Piece(name), value(logit), Piece(format_number(power.value, 4)),
         Piece(format_number(chance.value, 4) if i < count else "left out")]
        for i, (name, logit, power, chance) in enumerate(zip(names, logits, powers, chances, strict=True))
    ]  # fmt: skip
    line, rounded = equation(chances[0])
    divided = "" if temperature == 1 else " ÷ temperature"
    told = f"Softmax: e^(logit{divided} − max) ÷ the sum of such powers over {count:,} tokens. Shown: the likeliest."
    head = ["token", "logit", f"e^(logit{divided} − max)", "probability"]
    folds = [Fold(f"the {len(rows)} and their logits", tables=[Table(head, rows, 0)])]
    return ArithmeticStep([line], [" ".join([told, *rounded])], folds)


def scaled(logit: Term, temperature: float) -> Term:
    """A logit, divided by the temperature where that is not 1."""
    return logit if temperature == 1 else combine("quotient", (logit, Term(temperature, "temperature")))
