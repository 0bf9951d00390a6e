"""The arithmetic of the next token: from logits, which open their derivation, to probabilities."""

from __future__ import annotations

import numpy as np

import attention_core as ac
from attention_core.computation.derivation import Address, Piece, Term, combine
from attention_core.computation.render import format_number
from attention_core.explain import open_term
from attention_core.trace import CachingTrace
from ui.arithmetic.derivation import opened_number, show_arithmetic
from ui.arithmetic.equations import equation, number_piece
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Fold, Table, encode_arithmetic
from ui.shared.selection import chosen
from ui.words.addresses import describe_address
from ui.words.short_names import name_trail


def next_arithmetic(
    trace: ac.Trace, position: int, logits: np.ndarray, found: list[int], names: list[str], shares: np.ndarray
) -> None:  # fmt: skip
    """Show how the logits at a position become probabilities.

    found:  the ids that are shown, the most likely first
    names:  the text of each of them
    shares: [d_vocab], the probabilities
    """
    terms = [Term(float(logits[id]), "logit", at=Address("logits", (position, id))) for id in found]
    kept = logits[shares > 0].astype(np.float64) / chosen()["temperature"]
    total = Term(float(np.exp(kept - kept.max()).sum()), "sum")
    step = probability_step(terms, names, chosen()["temperature"], total, len(kept))
    kept_trace = CachingTrace.of(trace)
    trail = chosen()["logit"]
    logit = opened_number(
        trail, make=lambda at: open_term(kept_trace, at), where=lambda at: describe_address(trace, at),
        names=lambda addresses: name_trail(kept_trace, addresses),
    )  # fmt: skip
    content, name = Arithmetic([step], opened=logit), "The next token, digit by digit"
    show_arithmetic(encode_arithmetic(content, name, "Back to the probability"), "logit", key="next_arithmetic")


def probability_step(
    logits: list[Term], names: list[str], temperature: float, total: Term, count: int
) -> ArithmeticStep:
    """The equation of the most likely token, and a table of all shown tokens.

        probability = e^(logit - max) / total, each logit divided by the temperature first

    total: the sum of the exponentials of the `count` tokens that top k and top p leave
    """
    divided = [divide_by_temperature(each, temperature) for each in logits]
    largest = Term(divided[0].value, "max")
    exponentials = [combine("exp", (combine("difference", (each, largest)),)) for each in divided]
    probabilities = [combine("quotient", (each, total)).named("probability") for each in exponentials]
    rows = [
        [Piece(name), number_piece(logit), Piece(format_number(exponential.value, 4)),
         Piece(format_number(probability.value, 4) if i < count else "left out")]
        for i, (name, logit, exponential, probability)
        in enumerate(zip(names, logits, exponentials, probabilities, strict=True))
    ]  # fmt: skip
    line, rounded = equation(probabilities[0])
    exponential_of = f"e^(logit{'' if temperature == 1 else ' ÷ temperature'} − max)"
    words = f"Softmax: {exponential_of} ÷ the sum of these over {count:,} tokens. Shown: the most likely token."
    head = ["token", "logit", exponential_of, "probability"]
    folds = [Fold(f"the {len(rows)} most likely tokens and their logits", tables=[Table(head, rows, 0)])]
    return ArithmeticStep([line], [" ".join([words, *rounded])], folds)


def divide_by_temperature(logit: Term, temperature: float) -> Term:
    """logit / temperature; the logit itself if the temperature is 1."""
    return logit if temperature == 1 else combine("quotient", (logit, Term(temperature, "temperature")))
