"""The query and the key that are shown first, and why."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import attention_core as ac
from attention_core.text.tokenizer import Token
from ui.words.examples import Example
from ui.words.sentences import in_word, typed_special

WORDS, LETTERS, ORDINARY = "words", "tokens with letters or digits", "tokens that are not special"


class TokenList(NamedTuple):
    """The tokens of a text; those of an image have no text. special: the positions of special tokens"""

    tokens: tuple[Token, ...]
    text: str = ""
    special: frozenset[int] = frozenset()

    @classmethod
    def of(cls, trace: ac.Trace) -> TokenList:
        """The tokens of a run; a special token that was typed is special too."""
        typed = typed_special(trace.text, trace.pieces, trace.tokenizer.special_ids) if trace.text else []
        added = [i for i, token in enumerate(trace.pieces) if token.special]
        return cls(trace.pieces, trace.text, frozenset([*added, *typed]))


class FirstPair(NamedTuple):
    """The positions of a query and a key, and the kind of tokens among which they stand out; empty for an example."""

    query: int
    key: int
    kind: str = ""


def first_pair(
    queries: TokenList, keys: TokenList, weights: np.ndarray, example: Example | None, crosses: bool
) -> FirstPair:
    """The query and key to show first: the example's, else those whose weight stands out most.

        margin[q] = weights[q, k] - max over j != k of weights[q, j], where k is the query's strongest key

    So it is in the examples: "it" gives much to "animal" and little to any other word. Words that are next to each
    other are left out, since many heads attend to the token before or after. Where no pair of words stands out, tokens
    with letters or digits count, then all tokens but special ones.

    weights: [query, key];  crosses: whether queries and keys are different tokens
    """
    names = [token.piece for token in queries.tokens]
    if example and example.query in names and example.key in names:
        return FirstPair(names.index(example.query), names.index(example.key))
    kinds = ((WORDS, is_word, 2), (LETTERS, has_letters, 2), (ORDINARY, is_ordinary, 1))
    for kind, belongs, apart in kinds:
        flags = [np.array([belongs(each, i) for i in range(len(each.tokens))]) for each in (queries, keys)]
        if crosses and belongs is is_ordinary:  # a target of special tokens alone is shown too
            flags = [each if each.any() else ~each for each in flags]
        if pair := standout(np.where(np.outer(*flags), weights, 0.0), 0 if crosses else apart, crosses):
            return FirstPair(*pair, kind)
    return FirstPair(int(flags[0].argmax()), int(flags[1].argmax()))


def standout(weights: np.ndarray, apart: int, crosses: bool) -> tuple[int, int] | None:
    """The query and key with the largest margin, as for `first_pair`; None where no weight stands out.

    apart: how many positions a query and its key are apart at least
    """
    if not crosses:
        weights = np.where(np.eye(*weights.shape) == 1, 0.0, weights)
    queries, keys = np.arange(len(weights)), weights.argmax(axis=1)
    second = np.partition(weights, -2, axis=1)[:, -2] if weights.shape[1] > 1 else 0.0
    margins = np.where(abs(queries - keys) >= apart, weights[queries, keys] - second, 0.0)
    query = int(margins.argmax())
    return (query, int(keys[query])) if margins[query] > 0 else None


def is_ordinary(within: TokenList, position: int) -> bool:
    """Whether a token is not special."""
    return position not in within.special


def has_letters(within: TokenList, position: int) -> bool:
    """Whether a token has letters or digits."""
    token = within.tokens[position]
    return is_ordinary(within, position) and any(map(str.isalnum, within.text[token.start : token.end]))


def is_word(within: TokenList, position: int) -> bool:
    """Whether a token is a whole word."""
    token, text = within.tokens[position], within.text
    typed = text[token.start : token.end]
    start = token.end - len(typed.lstrip())
    return has_letters(within, position) and not (start and in_word(text, start - 1)) and not in_word(text, token.end)


def first_pair_note(kind: str, crosses: bool) -> str:
    """Why the pair on screen is shown first, if it stands out among tokens of a kind; empty for no kind."""
    if not kind:
        return ""
    apart = "" if crosses or kind == ORDINARY else " that are not next to each other"
    other = "any other word" if kind == WORDS else "any other of them"
    return f"Shown first: among {kind}{apart}, this weight is the farthest above the query’s weight for {other}."
