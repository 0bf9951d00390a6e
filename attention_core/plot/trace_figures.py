"""Figures of a trace: one head of one layer, as a heatmap or a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from attention_core.arrays import Array
from attention_core.attention_view import Side, attention_views
from attention_core.encoder_decoder import EncoderDecoderTrace
from attention_core.errors import InputError
from attention_core.plot.graph_figure import attention_graph
from attention_core.plot.heatmap_figure import attention_heatmap
from attention_core.plot.theme import ThemeName
from attention_core.trace import Trace
from attention_core.validate import check_index, summarize

if TYPE_CHECKING:
    import plotly.graph_objects as go


class HeadInfo(NamedTuple):
    """The data of one head's figure.

    pattern:    [query, key]
    tokens:     [query]
    key_tokens: [key], in cross-attention; else None
    special:    whether each token was added by the tokenizer; in cross-attention, queries first and then keys
    """

    pattern: Array
    tokens: Sequence[str]
    key_tokens: Sequence[str] | None
    special: list[bool]


def heatmap(
    trace: Trace | EncoderDecoderTrace,
    layer: int,
    head: int,
    *,
    side: Side | None = None,
    selected: tuple[int, int] | None = None,
    theme: ThemeName = "light",
) -> go.Figure:
    """The attention weights of one head as a heatmap: each row is a query, each column a key, each row sums to 1.

        pattern = softmax(q · k / √d_head + mask)

    trace:       `model.trace(text)`
    layer, head: counted from 0
    side:        for an encoder–decoder's trace: "encoder", "decoder" or "cross", whose queries are the decoder's
                 tokens and whose keys are the encoder's; None for any other trace
    selected:    the query and the key to highlight
    theme:       "light", or "dark" for a dark notebook
    returns:     a Plotly figure
    Raises InputError if an argument is out of range, and MissingPackageError if Plotly is not installed.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    info = head_info(trace, layer, head, side)
    return attention_heatmap(info.pattern, info.tokens, key_tokens=info.key_tokens, selected=selected, theme=theme)


def graph(
    trace: Trace | EncoderDecoderTrace,
    layer: int,
    head: int,
    *,
    side: Side | None = None,
    query: int | None = None,
    key: int | None = None,
    threshold: float = 0.0,
    strongest: int | None = None,
    layout: Literal["auto", "circle", "arc"] = "auto",
    theme: ThemeName = "light",
) -> go.Figure:
    """The attention weights of one head as a directed graph, from query tokens to key tokens.

        pattern = softmax(q · k / √d_head + mask)

    trace, layer, head, side, theme: as for `heatmap`
    query:     draw only this token's edges; key: the key token to highlight
    threshold: leave out weights below it, 0 to 1
    strongest: keep this many edges for each query
    layout:    "auto" is a circle up to 12 tokens, and arcs for more or for a single query
    returns:   a Plotly figure with edges as wide as their weights
    Raises InputError if an argument is out of range, and MissingPackageError if Plotly is not installed.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    info = head_info(trace, layer, head, side)
    return attention_graph(
        info.pattern, info.tokens, key_tokens=info.key_tokens, query=query, key=key, threshold=threshold,
        strongest=strongest, layout=layout, special=info.special, theme=theme,
    )  # fmt: skip


def head_info(trace: Trace | EncoderDecoderTrace, layer: int, head: int, side: Side | None) -> HeadInfo:
    """The data of one head's figure; arguments and errors as for `heatmap`."""
    if not isinstance(trace, Trace | EncoderDecoderTrace):
        raise InputError(f"Give a trace, the result of model.trace(text); got {summarize(trace)}.")
    views = attention_views(trace)
    if side not in views:
        raise InputError(
            f"This trace has only one attention: leave side={summarize(side)} out." if None in views else
            f'Choose an attention with side="encoder", "decoder" or "cross"; got {summarize(side)}.'
        )  # fmt: skip
    view = views[side]
    check_index("layer", layer, view.config.n_layers)
    check_index("head", head, view.config.n_heads)
    pieces = (*view.queries, *(view.keys if view.is_cross else ()))
    keys = view.key_tokens if view.is_cross else None
    return HeadInfo(view.pattern(layer)[head], view.query_tokens, keys, [piece.special for piece in pieces])
