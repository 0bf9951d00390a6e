"""The Save menu: pictures, a head's weights, and the derivation of one weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from attention_core.attention_view import AttentionView
from attention_core.computation.derivation import latex
from attention_core.csv_table import csv_table
from attention_core.explain import open_term
from attention_core.plot.graph_figure import GraphInfo, graph_info
from attention_core.plot.svg import graph_svg, heatmap_svg
from ui.components.picture import picture
from ui.shared.image_box import image_title
from ui.shared.page import theme_name
from ui.shared.selection import chosen
from ui.shared.shown import ShownPart


def save_menu(attention: AttentionView, part: ShownPart) -> None:
    """The files to save, each computed only when its button is pressed; the buttons are drawn when the menu is open."""
    menu = st.popover("Save", key="save", on_change="rerun")
    if not menu.open:
        return
    side = f"{attention.side}-" if attention.side else ""
    name = f"attention-{side}layer{part.layer}-head{part.plane_names[part.plane]}"
    weights = part.pattern[part.plane]
    title = picture_title(attention, part)
    with menu:
        picture(
            "Heatmap",
            f"{name}-heatmap",
            lambda: heatmap_svg(
                weights,
                part.queries.names,
                key_tokens=part.keys.names,
                selected=(part.query, part.key),
                theme=theme_name(),
                title=title,
            ),
            key="save_heatmap",
        )
        picture(
            "Graph",
            f"{name}-graph",
            lambda: graph_svg(current_graph(part), theme=theme_name(), title=title),
            key="save_graph",
        )
        st.download_button(
            "Weights of this head (CSV)",
            lambda: weights_csv(weights, part.queries.names, part.keys.names),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
            width="stretch",
        )
        if chosen()["head"] != "mean":
            st.download_button("Derivation (LaTeX)", lambda: derivation_latex(attention, part), f"{name}.tex",
                               "application/x-tex", on_click="ignore", width="stretch")  # fmt: skip


PATTERN_TITLES = {
    None: "Attention", "encoder": "Encoder attention", "decoder": "Decoder attention", "cross": "Cross-attention",
}  # fmt: skip


def picture_title(attention: AttentionView, part: ShownPart) -> str:
    """A picture's title: the side of an encoder–decoder, the layer, the head, and the texts."""
    query_text = image_title() if attention.config.image else attention.trace.text
    texts = [query_text, *([attention.source.text] if attention.is_cross else [])]
    head = part.plane_names[part.plane]
    return f"{PATTERN_TITLES[attention.side]} weights, layer {part.layer}, head {head}: {' ← '.join(texts)}"


def current_graph(part: ShownPart) -> GraphInfo:
    """The graph as it is on screen."""
    return graph_info(part.pattern[part.plane], part.queries.names, **graph_options(part))


def graph_options(part: ShownPart) -> dict[str, Any]:
    """Which edges of the graph are drawn, as arguments of `graph_info`."""
    one = chosen()["graph"] == "one"
    return {
        "key_tokens": None if part.keys is part.queries else part.keys.names,
        "query": part.query if one else None,
        "key": part.key,
        "threshold": chosen()["least"],
        "strongest": None if one else chosen()["most"],
    }


def weights_csv(weights: np.ndarray, queries: list[str], keys: list[str]) -> str:
    """Attention weights as CSV: a row for each query, a column for each key."""
    rows = ([f"{weight:.8f}" for weight in row] for row in weights)
    return csv_table("query \\ key", keys, zip(queries, rows, strict=True))


def derivation_latex(attention: AttentionView, part: ShownPart) -> str:
    """The derivation of the chosen weight as a LaTeX document."""
    tree = open_term(attention.trace, attention.address("weight", part.layer, part.plane, *part.cell))
    return "\n".join([
        r"\documentclass{article}", r"\usepackage{amsmath}", r"\allowdisplaybreaks", r"\begin{document}",
        latex(tree), r"\end{document}", "",
    ])  # fmt: skip
