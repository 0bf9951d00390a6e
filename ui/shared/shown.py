"""The part of a run that the pages show: one side and layer of it, some planes, perhaps fewer tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

import attention_core as ac
from attention_core.attention_view import AttentionView, attention_views
from attention_core.text.tokenizer import REPLACEMENT
from ui.components.token_strip import StripToken
from ui.shared.fields import DEFAULTS
from ui.shared.selection import chosen, put, settle
from ui.words.examples import BY_TEXT, Example
from ui.words.sentences import first_pair


@dataclass(frozen=True)
class Along:
    """The shown tokens along one axis of a pattern.

    names:   [shown], as they read
    special: [shown]
    places:  [shown], where each stands among all tokens
    """

    names: list[str]
    special: list[bool]
    places: list[int]

    @classmethod
    def of(cls, trace: ac.Trace, hide: bool) -> Along:
        """All tokens of a run, or those that are not special."""
        places = [i for i, token in enumerate(trace.pieces) if not (hide and token.special)]
        return cls([trace.tokens[i] for i in places], [trace.pieces[i].special for i in places], places)


@dataclass(frozen=True)
class Shown:
    """What is on screen. Queries and keys count among the shown tokens; `places` leads back to all.

    queries, keys: the tokens that ask and those that answer: the same object where they are the same
    pattern: [plane, query, key]: every head of the layer, or their average alone
    plane:   the one that is chosen; query, key: the cell that is chosen
    note:    what had to be set right in the selection, or nothing
    """

    layer: int
    pattern: np.ndarray
    plane_names: list[str]
    plane: int
    queries: Along
    keys: Along
    query: int
    key: int
    renormalized: bool
    note: str

    @property
    def rows_sum_to_one(self) -> bool:
        """Whether no row has lost anything that was hidden."""
        return bool(np.all(np.abs(self.pattern.sum(axis=-1) - 1) < 1e-4))

    @property
    def cell(self) -> tuple[int, int]:
        """The chosen cell, counted among all tokens."""
        return self.queries.places[self.query], self.keys.places[self.key]

    def put(self, query: int, key: int) -> None:
        """Choose a cell."""
        put(q=self.queries.places[query], k=self.keys.places[key])


def chosen_attention(run: ac.Trace | ac.EncoderDecoderTrace) -> AttentionView:
    """The side of a run that is chosen, or the only one that it has."""
    every = attention_views(run)
    return every[None] if None in every else every[chosen()["side"]]


def set_right(attention: AttentionView) -> str:
    """Bring the chosen side, layer, head, tokens and dimensions to what there is; what there is to say of it."""
    selection, config = chosen(), attention.config
    notes = []
    beyond = {key: DEFAULTS[key] for key in ("side", "target") if selection[key] != DEFAULTS[key]}
    if attention.side is None and beyond:
        notes.append("This model has one side alone, so that it takes no side and no target.")
        settle(**beyond)
    layer = min(selection["layer"], config.n_layers - 1)
    head = selection["head"] if selection["head"] == "mean" else str(min(int(selection["head"]), config.n_heads - 1))
    if (layer, head) != (selection["layer"], selection["head"]):
        settle(layer=layer, head=head)
    if any(selection[key] not in (now, DEFAULTS[key]) for key, now in (("layer", layer), ("head", head))):
        side = f"The {'encoder' if attention.side == 'encoder' else 'decoder'}" if attention.side else "This model"
        notes.append(f"{side} has layers 0 to {config.n_layers - 1} and heads 0 to {config.n_heads - 1}.")
    lasts = {"q": len(attention.queries) - 1, "k": len(attention.keys) - 1}
    if far := {key: last for key, last in lasts.items() if selection[key] is not None and selection[key] > last}:
        settle(**far)
        names = {"q": "The tokens that ask", "k": "Those that answer" if len(far) > 1 else "The tokens that answer"}
        notes += [f"{names[key]} are 0 to {last}." for key, last in far.items()]
    dims = [dim for dim in selection["dims"].split(",") if dim]
    if len(kept := [dim for dim in dims if int(dim) < config.d_head]) < len(dims):
        settle(dims=",".join(kept))
        notes.append(f"A head has dimensions 0 to {config.d_head - 1}.")
    return " ".join(notes)


def shown_part(attention: AttentionView) -> Shown | None:
    """What the selection shows of an attention, or None when nothing is left; what is out of range is clamped."""
    note = set_right(attention)
    selection = chosen()
    layer, mean = selection["layer"], selection["head"] == "mean"
    head = 0 if mean else int(selection["head"])
    queries = keys = Along.of(attention.trace, selection["hide"])
    if attention.crosses:
        keys = Along.of(attention.source, selection["hide"])
    if not queries.places or not keys.places:
        return None
    pattern = attention.pattern(layer)
    if mean:
        pattern = pattern.mean(axis=0, keepdims=True)
    query, key = chosen_pair(attention, pattern[head], queries.places, keys.places)
    pattern = pattern[:, queries.places][:, :, keys.places]
    renormalized = selection["hide"] and selection["renorm"]
    if renormalized:
        left = pattern.sum(axis=-1, keepdims=True)
        pattern = np.divide(pattern, left, out=np.zeros_like(pattern), where=left > 0)
    return Shown(
        layer=layer,
        pattern=pattern,
        plane_names=["average"] if mean else [str(h) for h in range(attention.config.n_heads)],
        plane=head,
        queries=queries,
        keys=keys,
        query=queries.places.index(query),
        key=keys.places.index(key),
        renormalized=renormalized,
        note=note,
    )


def example_of(attention: AttentionView) -> Example | None:
    """The example that an attention is over, where it is one; it holds within one sentence."""
    return None if attention.crosses else BY_TEXT.get(attention.trace.text)


def chosen_pair(attention: AttentionView, weights: np.ndarray, queries: list[int], keys: list[int]) -> tuple[int, int]:
    """The chosen query and key among all tokens; where none is chosen, the pair to look at first.

    Written back as None where they are what would be shown first, so that the address holds only choices.

    queries, keys: the places that are shown
    """
    selection = chosen()
    first = first_pair(attention.queries, attention.keys, weights, example_of(attention), attention.crosses)
    wanted = (selection["q"], selection["k"])
    lasts = (len(attention.queries) - 1, len(attention.keys) - 1)
    pair = tuple(
        own if place is None else min(place, last) for place, own, last in zip(wanted, first, lasts, strict=True)
    )
    if pair == first and wanted != (None, None):
        settle(q=None, k=None)
    query, key = (
        place if place in shown else min(shown, key=lambda i: abs(i - place))
        for place, shown in zip(pair, (queries, keys), strict=True)
    )
    return query, key


def strip_tokens(trace: ac.Trace, places: list[int]) -> list[StripToken]:
    """The shown tokens as the token strip takes them: the text as typed, and the model's piece."""
    ends = [0, *(token.end for token in trace.pieces)]
    held = Counter((token.start, token.end) for token in trace.pieces if not token.special)
    return [
        StripToken(
            text=trace.tokens[i] if part else typed,
            piece=token.piece,
            special=token.special,
            joined=not token.special and token.start > 0 and token.start == ends[i],
            unknown=token.unknown,
        )
        for i in places
        for token in (trace.pieces[i],)
        for typed in (trace.text[token.start : token.end],)
        # Of a character that stands in several pieces, or is not whole, each shows which part of it is its own.
        for part in (held[token.start, token.end] > 1 or not (token.special or token.unknown or readable(typed)),)
    ]


def readable(typed: str) -> bool:
    """Whether something stands at a place, and no character there is broken."""
    return bool(typed) and REPLACEMENT not in typed
