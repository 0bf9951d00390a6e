"""The part of a trace that the Inspect page shows: one layer, some planes, perhaps fewer tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import attention_core as ac
from components.token_strip import StripToken
from ui.examples import BY_TEXT
from ui.selection import chosen, put, settle
from ui.words import first_pair


@dataclass(frozen=True)
class Shown:
    """What is on screen. Positions count among the shown tokens; `places` leads back to the text's.

    pattern: [plane, query, key]: every head of the layer, or their average alone
    plane:   the one that is chosen; query, key: the cell that is chosen
    note:    what had to be set right in the selection, or nothing
    """

    layer: int
    pattern: np.ndarray
    plane_names: list[str]
    plane: int
    tokens: list[str]
    special: list[bool]
    places: list[int]
    query: int
    key: int
    renormalized: bool
    note: str

    @property
    def rows_sum_to_one(self) -> bool:
        """Whether no row has lost anything that was hidden."""
        return bool(np.all(np.abs(self.pattern.sum(axis=-1) - 1) < 1e-4))

    def put(self, query: int, key: int) -> None:
        """Choose a cell."""
        put(q=self.places[query], k=self.places[key], open="")


def shown_part(trace: ac.Trace) -> Shown | None:
    """What the selection shows of a trace, or None when nothing is left; what is out of range is clamped."""
    selection, config = chosen(), trace.model.config
    layer = min(selection["layer"], config.n_layers - 1)
    mean = selection["head"] == "mean"
    head = 0 if mean else min(int(selection["head"]), config.n_heads - 1)
    note = ""
    if layer != selection["layer"] or (not mean and str(head) != selection["head"]):
        note = f"This model has layers 0 to {config.n_layers - 1} and heads 0 to {config.n_heads - 1}."
        settle(layer=layer, head="mean" if mean else str(head))
    places = [i for i, token in enumerate(trace.pieces) if not (selection["hide"] and token.special)]
    if not places:
        return None
    pattern = trace.pattern(layer)
    if mean:
        pattern = pattern.mean(axis=0, keepdims=True)
    query, key = chosen_pair(trace, pattern[head], places)
    pattern = pattern[:, places][:, :, places]
    renormalized = selection["hide"] and selection["renorm"]
    if renormalized:
        left = pattern.sum(axis=-1, keepdims=True)
        pattern = np.divide(pattern, left, out=np.zeros_like(pattern), where=left > 0)
    return Shown(
        layer=layer,
        pattern=pattern,
        plane_names=["average"] if mean else [str(h) for h in range(config.n_heads)],
        plane=head,
        tokens=[trace.tokens[i] for i in places],
        special=[trace.pieces[i].special for i in places],
        places=places,
        query=places.index(query),
        key=places.index(key),
        renormalized=renormalized,
        note=note,
    )


def chosen_pair(trace: ac.Trace, weights: np.ndarray, places: list[int]) -> tuple[int, int]:
    """The chosen query and key as positions in the text; where none is chosen, the pair to look at first.

    Written back as None where they are what would be shown first, so that the address holds only choices.
    """
    selection = chosen()
    first = first_pair(trace.pieces, weights, BY_TEXT.get(trace.text))
    last = len(trace.pieces) - 1
    pair = tuple(
        own if wanted is None else min(wanted, last)
        for wanted, own in zip((selection["q"], selection["k"]), first, strict=True)
    )
    if pair == first and (selection["q"], selection["k"]) != (None, None):
        settle(q=None, k=None)
    query, key = (place if place in places else min(places, key=lambda i: abs(i - place)) for place in pair)
    return query, key


def strip_tokens(trace: ac.Trace, places: list[int]) -> list[StripToken]:
    """The shown tokens as the token strip takes them: the text as typed, and the model's piece."""
    ends = [0, *(token.end for token in trace.pieces)]
    return [
        StripToken(
            text=trace.text[token.start : token.end],
            piece=token.piece,
            special=token.special,
            joined=not token.special and token.start > 0 and token.start == ends[i],
            unknown=token.unknown,
        )
        for i in places
        for token in (trace.pieces[i],)
    ]
