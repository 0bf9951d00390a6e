"""The sentences on the Inspect page that are worked out from what is shown."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from attention_core.text.invisible import is_format
from attention_core.text.tokenizer import Token, without_surrogates
from ui.components import visible
from ui.words.examples import Example

SINK_SHARE = 0.5
SINKS = {"[CLS]", "[SEP]", ".", "<s>", "</s>"}


class Word(NamedTuple):
    """A token that a sentence names: the tokens among which it stands, its place there, and its colour's role."""

    names: list[str]
    place: int
    role: str = ""

    @property
    def reads(self) -> str:
        """The token as it is written in a sentence."""
        return reads(self.names[self.place])


def reads(piece: str) -> str:
    """A token as it is written in a sentence: without the spaces around it, unless it is nothing else."""
    return visible(piece.strip(" ") or piece)


def quoted(piece: str, role: str = "") -> str:
    """A token in quotation marks, as HTML."""
    return f'“<span class="{role}">{html.escape(reads(piece))}</span>”'


def apart(*words: Word) -> list[str]:
    """The tokens that a sentence names, in quotation marks, those that read the same told apart. HTML."""
    return [which(word, words) + quoted(word.names[word.place], word.role) for word in words]


def which(word: Word, others: Iterable[Word]) -> str:
    """“the second ”, where another token of a sentence reads the same as one; else nothing."""
    same = [other for other in others if other.names is word.names and other.reads == word.reads]
    if all(other.place == word.place for other in same):
        return ""
    like = [place for place, name in enumerate(word.names) if reads(name) == word.reads]
    return f"the {ordinal(like.index(word.place) + 1)} "


def ordinal(number: int) -> str:
    """“second”, and from the tenth on “11th”."""
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    if number <= len(names):
        return names[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def capital(sentence: str) -> str:
    """A sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def headline(
    queries: list[str], keys: list[str], weights: np.ndarray, query: int, key: int, example: Example | None
) -> str:
    """What to see first: what the asking token gives to the answering one, set against another. HTML.

    queries, keys: the same list where the same tokens ask and answer
    weights: [key]
    """
    rival = contrast(keys, weights, key, example)
    places = [key] if rival is None else [key, rival]
    asks, *answers = apart(Word(queries, query, "q"), *(Word(keys, j, "k" if j == key else "") for j in places))
    if queries is keys:
        answers = ["itself" if j == query else told for j, told in zip(places, answers, strict=True)]
    told = capital(f"{asks} gives <b>{weights[key]:.2f}</b> of its attention to {answers[0]}")
    return f"{told}." if rival is None else f"{told} and {weights[rival]:.2f} to {answers[1]}."


def contrast(keys: list[str], weights: np.ndarray, key: int, example: Example | None) -> int | None:
    """The token to set the answer against: the example's own, else the strongest other one."""
    if example and example.contrast in keys and keys.index(example.contrast) != key:
        return keys.index(example.contrast)
    others = [j for j in range(len(keys)) if j != key]
    return max(others, key=lambda j: float(weights[j])) if others else None


def first_pair(
    queries: tuple[Token, ...], keys: tuple[Token, ...], weights: np.ndarray, example: Example | None, crosses: bool
) -> tuple[int, int]:
    """Where to look first: the example's own pair, else the strongest between two ordinary tokens.

    weights: [query, key];  crosses: whether other tokens answer than ask
    """
    names = [token.piece for token in queries]
    if example and example.query in names and example.key in names:
        return names.index(example.query), names.index(example.key)
    asking, answering = (np.array([not token.special for token in tokens]) for tokens in (queries, keys))
    if crosses:  # a target of special tokens alone is to be shown as well
        asking, answering = (each if each.any() else ~each for each in (asking, answering))
    allowed = np.where(np.outer(asking, answering), weights, -1.0)
    if not crosses:
        np.fill_diagonal(allowed, -1.0)
    if allowed.max(initial=-1.0) < 0:
        return int(asking.argmax()), int(answering.argmax())
    query, key = np.unravel_index(allowed.argmax(), allowed.shape)
    return int(query), int(key)


def counted(tokens: int) -> str:
    """So many tokens, in words."""
    return f"{tokens} token{'s' if tokens != 1 else ''}"


def sums(to_one: bool, hidden: bool, sink: bool) -> str:
    """What the rows of the picture sum to, and why; `hidden` and `sink` as for `missing`."""
    return "Each row sums to 1." if to_one else f"{capital(missing(hidden, sink))}, so a row may sum to less than 1."


def missing(hidden: bool, sink: bool) -> str:
    """What a row of the picture is without: special tokens that are hidden, and what each head's sink takes."""
    return " and ".join(["special tokens are hidden"] * hidden + ["each head’s sink takes its part"] * sink)


def renormalized(hidden: bool, sink: bool) -> str:
    """What is done to a row that is renormalized; `hidden` and `sink` as for `missing`."""
    why = missing(hidden, sink) or "no token is hidden"
    return f"Renormalized: {why}, and what is left is made to sum to 1."


def trained_sink_note(query: str, share: float, average: bool) -> str | None:
    """What a row gives to a trained sink; nothing where it gives none that can be seen.

    average: whether the row is the average of all heads' rows
    """
    if f"{share:.2f}" == "0.00":
        return None
    taken = "the heads’ sinks: each is" if average else "the head’s sink:"
    return (
        f"{quoted(query)} gives {share:.2f} of its attention to no token, but to {taken} a trained score beside those "
        "of the tokens, so that a head that finds nothing need not look anywhere."
    )


def sink_note(queries: list[str], keys: list[str], weights: np.ndarray, query: int, crosses: bool) -> str | None:
    """A note where a row gives most of itself to a token that hardly means anything."""
    top = int(weights.argmax())
    if weights[top] < SINK_SHARE or keys[top] not in SINKS or (top == query and not crosses):
        return None
    asks, answers = apart(Word(queries, query), Word(keys, top))
    return capital(
        f"{asks} gives {weights[top]:.2f} of its attention to {answers}. This is an attention sink: each row must sum "
        "to 1, so a head that finds nothing to look for puts its attention where it does no harm. It is not a sign "
        "that the two belong together."
    )


def mask_note(causal: bool, window: int | None, count: int) -> str | None:
    """Why a part of the picture is empty: later keys in a model that reads forward, far ones where there is a window.

    window: how many keys a query sees on each side, itself included;  count: how many keys there are
    """
    window = window if window and window < count else None
    if causal:
        reach = f" and at the {window - 1} before it" if window else " and at those before it"
        far = ", and so is what lies farther back" if window else ""
        return (
            f"This model reads from left to right: a token looks at itself{reach}, never ahead. So the upper right is "
            f"empty{far}, and the first token has itself alone to look at."
        )
    if window:
        return f"In this layer a token looks at most {window - 1} tokens to either side; what lies farther is empty."
    return None


def unplaced(text: str, tokens: tuple[Token, ...], names: list[str]) -> str | None:
    """A note on characters that the tokenizer dropped or does not know; `names` are the tokens as they read."""
    read = without_surrogates(text)
    covered = {i for token, name in zip(tokens, names, strict=True) for i in range(token.start, token.end)
               if token.unknown or read[i] in name or not is_format(read[i])}  # fmt: skip
    dropped = sorted({c for i, c in enumerate(text) if i not in covered and not c.isspace()})
    unknown = sum(token.unknown for token in tokens)
    parts = []
    if unknown:
        parts.append(f"{unknown} piece{'s are' if unknown > 1 else ' is'} not in the model’s vocabulary and marked")
    if dropped:
        codes = ", ".join(f"U+{ord(c):04X}" for c in dropped[:8])
        parts.append(f"the tokenizer leaves out {codes}{' and more' if len(dropped) > 8 else ''}")
    if text != read:
        parts.append("half characters were read as U+FFFD")
    return capital("; ".join(parts)) + "." if parts else None
