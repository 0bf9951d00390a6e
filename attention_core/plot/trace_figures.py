"""The pictures of a trace: one head of one layer, as a heatmap and as a graph."""

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
from attention_core.validate import check_index, told

if TYPE_CHECKING:
    import plotly.graph_objects as go


class HeadInfo(NamedTuple):
    """What one head gives a picture.

    pattern:    [query, key]
    tokens:     [query]
    key_tokens: [key], when other tokens answer than ask
    special:    whether each token was added by the tokenizer; those of the keys after the queries'
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
    """The attention weights of one head as a heatmap: rows ask (query), columns answer (key), each row sums to 1.

        pattern = softmax(q · k / √d_head + mask)

    trace:       `model.trace(text)`
    layer, head: counted from 0
    side:        of an encoder–decoder's trace which attention: "encoder", "decoder" or "cross", in which the
                 decoder's tokens ask and the encoder's answer; nothing of any other trace
    selected:    the query and the key to frame
    theme:       "light", or "dark" for a dark notebook
    returns:     a Plotly figure
    Raises InputError when something is out of range, and MissingPackageError where Plotly is not installed.

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
    """The attention weights of one head as a directed graph, from the token that asks to the one that answers.

        pattern = softmax(q · k / √d_head + mask)

    trace, layer, head, side, theme: as for `heatmap`
    query:     draw this token's edges alone; key: the answering token to mark
    threshold: leave out weights below it, 0 to 1
    strongest: keep so many edges a query
    layout:    "auto" is a circle up to 12 tokens, and arcs beyond or when one token alone asks
    returns:   a Plotly figure, its lines as wide as the weights
    Raises InputError when something is out of range, and MissingPackageError where Plotly is not installed.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    info = head_info(trace, layer, head, side)
    return attention_graph(
        info.pattern, info.tokens, key_tokens=info.key_tokens, query=query, key=key, threshold=threshold,
        strongest=strongest, layout=layout, special=info.special, theme=theme,
    )  # fmt: skip


def head_info(trace: Trace | EncoderDecoderTrace, layer: int, head: int, side: Side | None) -> HeadInfo:
    """What a picture of one head shows; arguments and errors as for `heatmap`."""
    if not isinstance(trace, Trace | EncoderDecoderTrace):
        raise InputError(f"Give a trace, as model.trace(text) makes it; got {told(trace)}.")
    views = attention_views(trace)
    if side not in views:
        raise InputError(
            f"This trace has one attention alone: leave side={told(side)} out." if None in views else
            f'Say which attention, side="encoder", "decoder" or "cross"; got {told(side)}.'
        )  # fmt: skip
    view = views[side]
    check_index("layer", layer, view.config.n_layers)
    check_index("head", head, view.config.n_heads)
    pieces = (*view.queries, *(view.keys if view.crosses else ()))
    keys = view.key_names if view.crosses else None
    return HeadInfo(view.pattern(layer)[head], view.query_names, keys, [piece.special for piece in pieces])
