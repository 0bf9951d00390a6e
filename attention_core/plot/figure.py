"""Plotly, imported on first use, since the library works without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attention_core.errors import MissingPackageError

if TYPE_CHECKING:
    import plotly.graph_objects as go


def figure(data: list[dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """A Plotly figure; MissingPackageError if Plotly is not installed."""
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingPackageError('A figure needs Plotly: pip install "attention-lab[plot]".') from error
    return go.Figure(data=data, layout=layout)
