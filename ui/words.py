"""The sentences on the Inspect page that are worked out from what is shown."""

from __future__ import annotations

import html

import numpy as np

from attention_core.tokenizer import Token, without_surrogates
from components import visible
from ui.examples import Example

SINK_SHARE = 0.5
SINKS = {"[CLS]", "[SEP]", ".", "<s>", "</s>"}


def quoted(piece: str, role: str = "") -> str:
    """A token in quotation marks, as HTML."""
    return f'“<span class="{role}">{html.escape(visible(piece.strip(" ") or piece))}</span>”'


def headline(tokens: list[str], weights: np.ndarray, query: int, key: int, example: Example | None) -> str:
    """What to see first: what the asking token gives to the answering one, set against another. HTML."""
    asks, answers = quoted(tokens[query], "q"), quoted(tokens[key], "k")
    told = f"{asks} gives <b>{weights[key]:.2f}</b> of its attention to {answers}"
    rival = contrast(tokens, weights, key, example)
    return f"{told} and {weights[rival]:.2f} to {quoted(tokens[rival])}." if rival is not None else f"{told}."


def contrast(tokens: list[str], weights: np.ndarray, key: int, example: Example | None) -> int | None:
    """The token to set the answer against: the example's own, else the strongest other one."""
    if example and example.contrast in tokens and tokens.index(example.contrast) != key:
        return tokens.index(example.contrast)
    others = [j for j in range(len(tokens)) if j != key]
    return max(others, key=lambda j: float(weights[j])) if others else None


def first_pair(tokens: tuple[Token, ...], weights: np.ndarray, example: Example | None) -> tuple[int, int]:
    """Where to look first: the example's own pair, else the strongest between two ordinary tokens.

    weights: [query, key]
    """
    names = [token.piece for token in tokens]
    if example and example.query in names and example.key in names:
        return names.index(example.query), names.index(example.key)
    ordinary = np.array([not token.special for token in tokens])
    if ordinary.sum() < 2:
        return int(ordinary.argmax()), int(ordinary.argmax())
    allowed = np.where(np.outer(ordinary, ordinary), weights, -1.0)
    np.fill_diagonal(allowed, -1.0)
    query, key = np.unravel_index(allowed.argmax(), allowed.shape)
    return int(query), int(key)


def sink_note(tokens: list[str], weights: np.ndarray, query: int) -> str | None:
    """A note where a row gives most of itself to a token that hardly means anything."""
    top = int(weights.argmax())
    if weights[top] < SINK_SHARE or tokens[top] not in SINKS or top == query:
        return None
    return (
        f"{quoted(tokens[query])} gives {weights[top]:.2f} of its attention to {quoted(tokens[top])}. This is an "
        "attention sink: each row must sum to 1, so a head that finds nothing to look for puts its attention where "
        "it does no harm. It is not a sign that the two belong together."
    )


def unplaced(text: str, tokens: tuple[Token, ...]) -> str | None:
    """A note on characters that the tokenizer dropped or does not know."""
    covered = {i for token in tokens for i in range(token.start, token.end)}
    dropped = sorted({c for i, c in enumerate(text) if i not in covered and not c.isspace()})
    unknown = sum(token.unknown for token in tokens)
    parts = []
    if unknown:
        parts.append(f"{unknown} piece{'s are' if unknown > 1 else ' is'} not in the model’s vocabulary and marked")
    if dropped:
        names = ", ".join(f"U+{ord(c):04X}" for c in dropped[:8])
        parts.append(f"the tokenizer leaves out {names}{' and more' if len(dropped) > 8 else ''}")
    if text != without_surrogates(text):
        parts.append("half characters were read as U+FFFD")
    told = "; ".join(parts)
    return told[:1].upper() + told[1:] + "." if told else None
