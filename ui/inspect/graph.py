"""The graph on the Inspect page, handed to the browser as data."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import streamlit as st
from plotly.basedatatypes import BaseFigure

from attention_core.plot.graph_figure import GraphSpec, alt_text, clicked, graph_info, graph_spec
from ui.inspect.saving import graph_options
from ui.shared.page import theme_name
from ui.shared.selection import bound, chosen
from ui.shared.shown import ShownPart
from ui.words import sentences as words


class ValidFigure(BaseFigure):  # type: ignore[misc]
    """A Plotly figure whose data is known to be valid: Plotly would check and copy it, and add its template."""

    def __init__(self, spec: GraphSpec) -> None:
        self._spec = spec

    def to_dict(self) -> dict[str, Any]:
        """The figure as Plotly's JSON, with the positions as Base64."""
        traces = self._spec["data"]
        data = [{**trace, "x": typed_array(trace["x"]), "y": typed_array(trace["y"])} for trace in traces]
        return {"data": data, "layout": self._spec["layout"]}


def typed_array(numbers: np.ndarray | list[float]) -> dict[str, str] | list[float]:
    """Numbers as a typed array of Plotly's; a list stays one, and so does an empty array, which has no such form."""
    if isinstance(numbers, list) or not numbers.size:
        return list(numbers)
    return {"dtype": numbers.dtype.str[1:], "bdata": base64.b64encode(numbers.tobytes()).decode()}


def graph_section(part: ShownPart) -> None:
    """The directed graph of the selection."""
    one, options = chosen()["graph"] == "one", graph_options(part)
    weights, name = part.pattern[part.plane], part.queries.names[part.query]
    title = f'Attention from {words.quoted(name, "q")}' if one else "Attention between all tokens"
    st.html(f'<h2 class="block">{title}</h2>')

    def pick() -> None:
        query, key = clicked(st.session_state.graph.selection.points)
        if (query, key) != (None, None):
            part.select(part.query if query is None else query, part.key if key is None else key)

    info = graph_info(weights, part.queries.names, **options)
    st.plotly_chart(
        ValidFigure(graph_spec(info, theme_name())), key="graph", on_select=pick, selection_mode="points", theme=None,
        alt=alt_text(info), config={"displayModeBar": False},
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound(
            st.segmented_control,
            "Edges",
            "graph",
            options=["one", "all"],
            required=True,
            format_func={"one": "this token", "all": "all tokens"}.__getitem__,
            label_visibility="collapsed",
        )
        bound(
            st.slider,
            "Smallest weight drawn",
            "least",
            step=0.01,
            width=170,
            format="weight ≥ %.2f",
            label_visibility="collapsed",
        )
        if not one:
            bound(st.slider, "Strongest edges per query", "most", width=150,
                  format="top %d per token", label_visibility="collapsed")  # fmt: skip
    if info.left_out:
        st.caption(f"The {len(info.edges)} strongest edges are drawn; {info.left_out} weaker ones are not.")
