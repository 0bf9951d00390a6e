"""The sentences of the Inspect page that depend on the attention weights shown."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from attention_core.surrogates import without_surrogates
from attention_core.text.invisible import is_format
from attention_core.text.tokenizer import Token
from ui.components import show_invisible
from ui.words.examples import Example

SINK_WEIGHT = 0.5
SINK_TOKENS = {"[CLS]", "[SEP]", ".", "<s>", "</s>"}
ON_AVERAGE = "on average over the heads, "  # before a number of all heads together

APOSTROPHES = ("'", "’")


class Mention(NamedTuple):
    """A token that a sentence mentions: the list it belongs to, its position there, and the CSS class of its role."""

    names: list[str]
    position: int
    role: str = ""

    @property
    def text(self) -> str:
        """The token as it is written in a sentence."""
        return token_text(self.names[self.position])


def token_text(piece: str) -> str:
    """A token as it is written in a sentence: without spaces around it, unless it is only spaces."""
    return show_invisible(piece.strip(" ") or piece)


def quoted(piece: str, role: str = "") -> str:
    """A token in quotation marks, as HTML."""
    return f'“<span class="{role}">{html.escape(token_text(piece))}</span>”'


def quoted_distinctly(*words: Mention) -> list[str]:
    """The tokens that a sentence mentions, in quotation marks; equal ones are numbered. HTML."""
    return [ordinal_prefix(word, words) + quoted(word.names[word.position], word.role) for word in words]


def ordinal_prefix(word: Mention, others: Iterable[Mention]) -> str:
    """“the second ” where a sentence mentions another token with the same text, else empty."""
    same = [other for other in others if other.names is word.names and other.text == word.text]
    if all(other.position == word.position for other in same):
        return ""
    equal = [position for position, name in enumerate(word.names) if token_text(name) == word.text]
    return f"the {ordinal(equal.index(word.position) + 1)} "


def ordinal(number: int) -> str:
    """“second”, and after “tenth” “11th”."""
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    if number <= len(names):
        return names[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def in_word(text: str, index: int) -> bool:
    """Whether a character belongs to a word: a letter, a digit, or an apostrophe between them."""
    if text[index : index + 1] in APOSTROPHES and index > 0:
        return text[index - 1 : index].isalnum() and text[index + 1 : index + 2].isalnum()
    return text[index : index + 1].isalnum()


def capitalized(sentence: str) -> str:
    """A sentence with its first letter in upper case."""
    return sentence[:1].upper() + sentence[1:]


def weight_headline(
    queries: list[str], keys: list[str], weights: np.ndarray, query: int, key: int, example: Example | None,
    average: bool = False,
) -> str:  # fmt: skip
    """How much attention the query gives to the key, compared with another key. HTML.

    An example's own pair is compared with the example's contrast.
    queries, keys: the same list where queries and keys are the same tokens
    weights: [key]
    average: whether the weights are the average over all heads
    """
    at_example = example and (queries[query], keys[key]) == (example.query, example.key)
    other = contrasting_key(keys, weights, key, example if at_example else None)
    mentioned = [key] if other is None else [key, other]
    query_text, *key_texts = quoted_distinctly(
        Mention(queries, query, "q"), *(Mention(keys, j, "k" if j == key else "") for j in mentioned)
    )
    if queries is keys:
        key_texts = ["itself" if j == query else text for j, text in zip(mentioned, key_texts, strict=True)]
    start = f"{ON_AVERAGE if average else ''}{query_text}"
    sentence = capitalized(f"{start} gives <b>{weights[key]:.2f}</b> of its attention to {key_texts[0]}")
    return f"{sentence}." if other is None else f"{sentence} and {weights[other]:.2f} to {key_texts[1]}."


def contrasting_key(keys: list[str], weights: np.ndarray, key: int, example: Example | None) -> int | None:
    """The key to compare the chosen one with: the contrast of an example for this pair, else the strongest other key.
    """
    if example and example.contrast in keys:
        return keys.index(example.contrast)
    others = [j for j in range(len(keys)) if j != key]
    return max(others, key=lambda j: float(weights[j])) if others else None


def count_of(count: int, thing: str) -> str:
    """A count with its noun: "1 number", "6 numbers"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def count_tokens(tokens: int) -> str:
    """A number of tokens, such as “1 token” or “5 tokens”."""
    return count_of(tokens, "token")


def all_tokens(tokens: int) -> str:
    """All tokens of a text: “all 5 tokens”, or “the only token”."""
    return "the only token" if tokens == 1 else f"all {tokens} tokens"


def row_sum_note(to_one: bool, hidden: bool, sink: bool) -> str:
    """What the rows sum to, and why; `hidden` and `sink` as for `missing_from_rows`."""
    if to_one:
        return "Each row sums to 1."
    return f"{capitalized(missing_from_rows(hidden, sink))}, so a row sums to at most 1."


def missing_from_rows(hidden: bool, sink: bool) -> str:
    """What the shown rows leave out: hidden special tokens, and what goes to each head's sink."""
    return " and ".join(["special tokens are hidden"] * hidden + ["each head’s sink takes a share"] * sink)


def renormalized_note(hidden: bool, sink: bool) -> str:
    """What renormalizing does to a row; `hidden` and `sink` as for `missing_from_rows`."""
    why = missing_from_rows(hidden, sink) or "no token is hidden"
    return f"Renormalized: {why}, and the remaining weights are scaled to sum to 1."


def trained_sink_note(query: str, share: float, average: bool) -> str | None:
    """What a row gives to a trained sink; None where it rounds to 0.00.

    average: whether the row is the average over all heads
    """
    if f"{share:.2f}" == "0.00":
        return None
    sink = "the heads’ sinks" if average else "the head’s sink"
    return (
        f"{quoted(query)} gives {share:.2f} of its attention to {sink}, not to any token. A sink is a trained score "
        "beside the tokens’ scores in the softmax, so a head that finds nothing relevant need not attend to any token."
    )


def sink_note(queries: list[str], keys: list[str], weights: np.ndarray, query: int, crosses: bool) -> str | None:
    """A note where most of a row goes to a token that carries little meaning; None elsewhere."""
    top = int(weights.argmax())
    if weights[top] < SINK_WEIGHT or keys[top] not in SINK_TOKENS or (top == query and not crosses):
        return None
    query_text, key_text = quoted_distinctly(Mention(queries, query), Mention(keys, top))
    return capitalized(
        f"{query_text} gives {weights[top]:.2f} of its attention to {key_text}. This is an attention sink: each row "
        "must sum to 1, so a head that finds nothing relevant puts its attention on a token where it does no harm. It "
        "does not mean that the two tokens are related."
    )


def mask_note(causal: bool, window: int | None, count: int) -> str | None:
    """Why cells are empty: later keys in a causal model, distant keys where attention has a window; None for neither.

    window: how many keys a query may attend to in each direction, itself included;  count: how many keys there are
    """
    window = window if window and window < count else None
    if causal:
        before = f"the {count_tokens(window - 1)}" if window else "the tokens"
        distant = ", as is everything farther back" if window else ""
        empty = f"the upper right is empty{distant}, and " if count > 1 else ""
        return (
            f"This model is causal: a token attends only to itself and {before} before it, never to later ones. So "
            f"{empty}the first token can attend only to itself."
        )
    if window:
        return (
            f"In this layer a token attends to at most {count_tokens(window - 1)} on either side; cells farther away "
            "are empty."
        )
    return None


def typed_special(text: str, tokens: tuple[Token, ...], special_ids: frozenset[int]) -> list[int]:
    """The positions of special tokens that are written out in the text, such as a typed "[SEP]"."""
    return [i for i, token in enumerate(tokens)
            if token.id in special_ids and token.start < token.end
            and text[token.start : token.end].strip() == token.piece]  # fmt: skip


def tokenizer_note(
    text: str, tokens: tuple[Token, ...], names: list[str], special_ids: frozenset[int] = frozenset()
) -> str | None:
    """A note on what the tokenizer drops, does not know, reads as a special token or does not place; None without any.

    names: the text of each token
    """
    read = without_surrogates(text)
    placed = all(token.placed for token in tokens)
    covered = {i for token, name in zip(tokens, names, strict=True) for i in range(token.start, token.end)
               if token.unknown or read[i] in name or not is_format(read[i])}  # fmt: skip
    dropped = sorted({c for i, c in enumerate(text) if placed and i not in covered and not c.isspace()})
    typed = typed_special(text, tokens, special_ids)
    unknown = sum(token.unknown and i not in typed for i, token in enumerate(tokens))
    parts = []
    if typed:
        *some, last = dict.fromkeys(f"“{tokens[i].piece}”" for i in typed)
        read_as = "are read as special tokens" if some else "is read as a special token"
        parts.append(f"{' and '.join(filter(None, [', '.join(some), last]))} {read_as} of the model, not as text")
    if unknown:
        parts.append(f"{unknown} piece{'s are' if unknown > 1 else ' is'} not in the model’s vocabulary (underlined)")
    if dropped:
        codes = ", ".join(f"U+{ord(c):04X}" for c in dropped[:8])
        parts.append(f"the tokenizer drops {codes}{' and more' if len(dropped) > 8 else ''}")
    if not placed:
        parts.append("this model’s tokenizer does not say where in the text its tokens are")
    if text != read:
        parts.append("unpaired surrogates were read as U+FFFD")
    return capitalized("; ".join(parts)) + "." if parts else None
