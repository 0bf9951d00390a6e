"""The part of a run that a page shows: one side, one layer, one or all heads, all or only ordinary tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

import attention_core as ac
from attention_core.attention_view import AttentionView, attention_views
from attention_core.surrogates import REPLACEMENT
from ui.components.token_strip import StripToken
from ui.shared.fields import DEFAULT_SELECTION
from ui.shared.selection import chosen, put, settle
from ui.words.examples import BY_TEXT, Example
from ui.words.first_pair import FirstPair, TokenList, first_pair


@dataclass(frozen=True)
class AxisTokens:
    """The shown tokens along one axis of a pattern.

    names:     [shown], their text
    special:   [shown]
    positions: [shown], their positions among all tokens
    """

    names: list[str]
    special: list[bool]
    positions: list[int]

    @classmethod
    def of(cls, trace: ac.Trace, hide: bool) -> AxisTokens:
        """All tokens of a run, or without the special ones."""
        positions = [i for i, token in enumerate(trace.pieces) if not (hide and token.special)]
        return cls([trace.tokens[i] for i in positions], [trace.pieces[i].special for i in positions], positions)


@dataclass(frozen=True)
class ShownPart:
    """The part on screen. `query` and `key` index the shown tokens; `positions` maps them to all tokens.

    queries, keys: the query and key tokens, the same object where they are the same tokens
    pattern: [plane, query, key]: every head of the layer, or only their average
    plane, query, key: the chosen plane and cell
    note:    what had to be corrected in the selection, or empty
    kind:    the kind of tokens among which the cell was chosen to begin with; empty for an example or a user's choice
    """

    layer: int
    pattern: np.ndarray
    plane_names: list[str]
    plane: int
    queries: AxisTokens
    keys: AxisTokens
    query: int
    key: int
    renormalized: bool
    note: str
    kind: str

    @property
    def rows_sum_to_one(self) -> bool:
        """Whether every row sums to 1."""
        return bool(np.all(np.abs(self.pattern.sum(axis=-1) - 1) < 1e-4))

    @property
    def cell(self) -> tuple[int, int]:
        """The chosen cell, as positions among all tokens."""
        return self.queries.positions[self.query], self.keys.positions[self.key]

    def select(self, query: int, key: int) -> None:
        """Choose a cell."""
        put(q=self.queries.positions[query], k=self.keys.positions[key])


def chosen_attention(run: ac.Trace | ac.EncoderDecoderTrace) -> AttentionView:
    """The chosen side of a run, or the only one it has."""
    views = attention_views(run)
    return views[None] if None in views else views[chosen()["side"]]


def clamp_selection(attention: AttentionView) -> str:
    """Clamp the chosen side, layer, head, tokens and dimensions to those that exist; returns a note on it, or empty."""
    selection, config = chosen(), attention.config
    notes = []
    beyond = {key: DEFAULT_SELECTION[key] for key in ("side", "target") if selection[key] != DEFAULT_SELECTION[key]}
    if attention.side is None and beyond:
        notes.append("This model is not an encoder–decoder, so it takes no side and no target.")
        settle(**beyond)
    layer = min(selection["layer"], config.n_layers - 1)
    head = selection["head"] if selection["head"] == "mean" else str(min(int(selection["head"]), config.n_heads - 1))
    if (layer, head) != (selection["layer"], selection["head"]):
        settle(layer=layer, head=head)
    if any(selection[key] not in (now, DEFAULT_SELECTION[key]) for key, now in (("layer", layer), ("head", head))):
        side = f"The {'encoder' if attention.side == 'encoder' else 'decoder'}" if attention.side else "This model"
        notes.append(f"{side} has layers 0 to {config.n_layers - 1} and heads 0 to {config.n_heads - 1}.")
    lasts = {"q": len(attention.queries) - 1, "k": len(attention.keys) - 1}
    if far := {key: last for key, last in lasts.items() if selection[key] is not None and selection[key] > last}:
        settle(**far)
        names = {"q": "Query", "k": "Key"}
        notes += [f"{names[key]} positions run from 0 to {last}." for key, last in far.items()]
    dims = [dim for dim in selection["dims"].split(",") if dim]
    if len(kept := [dim for dim in dims if int(dim) < config.d_head]) < len(dims):
        settle(dims=",".join(kept))
        notes.append(f"A head has dimensions 0 to {config.d_head - 1}.")
    return " ".join(notes)


def shown_part(attention: AttentionView) -> ShownPart | None:
    """The selected part of an attention, None where every token is hidden; choices out of range are clamped."""
    note = clamp_selection(attention)
    selection = chosen()
    layer, mean = selection["layer"], selection["head"] == "mean"
    head = 0 if mean else int(selection["head"])
    queries = keys = AxisTokens.of(attention.trace, selection["hide"])
    if attention.is_cross:
        keys = AxisTokens.of(attention.source, selection["hide"])
    if not queries.positions or not keys.positions:
        return None
    pattern = attention.pattern(layer)
    if mean:
        pattern = pattern.mean(axis=0, keepdims=True)
    query, key, kind = chosen_pair(attention, pattern[head], queries.positions, keys.positions)
    pattern = pattern[:, queries.positions][:, :, keys.positions]
    renormalized = selection["hide"] and selection["renorm"]
    if renormalized:
        pattern = renormalize(pattern)
    return ShownPart(
        layer=layer,
        pattern=pattern,
        plane_names=["average"] if mean else [str(h) for h in range(attention.config.n_heads)],
        plane=head,
        queries=queries,
        keys=keys,
        query=queries.positions.index(query),
        key=keys.positions.index(key),
        renormalized=renormalized,
        note=note,
        kind=kind,
    )


def renormalize(pattern: np.ndarray) -> np.ndarray:
    """Each row of weights divided by its sum; a row of zeros stays as it is."""
    sums = pattern.sum(axis=-1, keepdims=True)
    return np.divide(pattern, sums, out=np.zeros_like(pattern), where=sums > 0)


def matching_example(attention: AttentionView) -> Example | None:
    """The example of an attention's text, None where it has none; examples are for self-attention."""
    return None if attention.is_cross else BY_TEXT.get(attention.trace.text)


def chosen_pair(attention: AttentionView, weights: np.ndarray, queries: list[int], keys: list[int]) -> FirstPair:
    """The chosen query and key among all tokens, without a kind; else the pair to show first.

    A choice equal to the first pair is reset to None, so the address holds only actual choices.

    queries, keys: the positions that are shown
    """
    selection = chosen()
    first = first_pair(
        TokenList.of(attention.trace), TokenList.of(attention.source), weights, matching_example(attention),
        attention.is_cross,
    )  # fmt: skip
    wanted = (selection["q"], selection["k"])
    lasts = (len(attention.queries) - 1, len(attention.keys) - 1)
    pair = tuple(
        default if choice is None else min(choice, last)
        for choice, default, last in zip(wanted, first[:2], lasts, strict=True)
    )
    if pair == first[:2] and wanted != (None, None):
        settle(q=None, k=None)
    query, key = (
        position if position in shown else min(shown, key=lambda i: abs(i - position))
        for position, shown in zip(pair, (queries, keys), strict=True)
    )
    return first if (query, key) == first[:2] else FirstPair(query, key)


def strip_tokens(trace: ac.Trace, positions: list[int]) -> list[StripToken]:
    """The shown tokens for the token strip: the text as typed, and the model's piece."""
    ends = [0, *(token.end for token in trace.pieces)]
    sharing = Counter((token.start, token.end) for token in trace.pieces if not token.special)
    return [
        StripToken(
            text=trace.tokens[i] if part else typed,
            piece=token.piece,
            special=token.special,
            joined=not token.special and token.start > 0 and token.start == ends[i],
            unknown=token.unknown,
        )
        for i in positions
        for token in (trace.pieces[i],)
        for typed in (trace.text[token.start : token.end],)
        # A piece that is only a part of a character shows which part it is.
        for part in (
            not token.placed or sharing[token.start, token.end] > 1
            or not (token.special or token.unknown or is_readable(typed)),
        )
    ]


def is_readable(typed: str) -> bool:
    """Whether a piece of text is not empty and has no broken character."""
    return bool(typed) and REPLACEMENT not in typed
