"""The Save menu: pictures, the numbers of a head, and the derivation."""

from __future__ import annotations

import csv
import io

import numpy as np
import streamlit as st

import attention_core as ac
from attention_core import explain
from attention_core.render import latex
from components.picture import picture
from figures.graph import GraphInfo, graph_info
from figures.svg import graph_svg, heatmap_svg
from ui.inspect import Shown
from ui.page import theme_name
from ui.selection import chosen


def save_menu(trace: ac.Trace, part: Shown) -> None:
    """What can be taken away, worked out only when it is asked for."""
    name = f"attention-layer{part.layer}-head{part.plane_names[part.plane]}"
    weights = part.pattern[part.plane]
    title = f"Attention weights, layer {part.layer}, head {part.plane_names[part.plane]}: {trace.text}"
    with st.popover("Save"):
        picture(
            "Heatmap",
            f"{name}-heatmap",
            lambda: heatmap_svg(weights, part.tokens, selected=(part.query, part.key), theme=theme_name(), title=title),
            key="save_heatmap",
        )
        picture(
            "Graph",
            f"{name}-graph",
            lambda: graph_svg(shown_graph(part), theme=theme_name(), title=title),
            key="save_graph",
        )
        st.download_button(
            "Numbers of this head (CSV)",
            lambda: table(weights, part.tokens),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
            width="stretch",
        )
        if chosen()["head"] != "mean":
            st.download_button("Derivation (LaTeX)", lambda: derivation(trace, part), f"{name}.tex",
                               "application/x-tex", on_click="ignore", width="stretch")  # fmt: skip


def shown_graph(part: Shown) -> GraphInfo:
    """The graph as it is on screen."""
    one = chosen()["graph"] == "one"
    return graph_info(part.pattern[part.plane], part.tokens, query=part.query if one else None, key=part.key,
                      threshold=chosen()["least"], strongest=None if one else chosen()["most"])  # fmt: skip


def table(weights: np.ndarray, tokens: list[str]) -> str:
    """Attention weights as CSV: a row for each query, a column for each key."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["query \\ key", *map(inert, tokens)])
    for token, row in zip(tokens, weights, strict=True):
        writer.writerow([inert(token), *(f"{weight:.8f}" for weight in row)])
    return out.getvalue()


def inert(token: str) -> str:
    """A token that a spreadsheet reads as text, not as a formula."""
    return "'" + token if token[:1] in ("=", "+", "-", "@", "\t", "\r") else token


def derivation(trace: ac.Trace, part: Shown) -> str:
    """The derivation of the chosen weight as a LaTeX document."""
    tree = explain.weight(trace, part.layer, part.plane, part.places[part.query], part.places[part.key])
    return "\n".join([
        r"\documentclass{article}", r"\usepackage{amsmath}", r"\allowdisplaybreaks", r"\begin{document}",
        latex(tree), r"\end{document}", "",
    ])  # fmt: skip
