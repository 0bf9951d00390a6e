"""Attention as pictures: arrays in, a Plotly figure or an SVG out."""

from attention_core.plot.graph import attention_graph
from attention_core.plot.heatmap import attention_heatmap
from attention_core.plot.svg import graph_svg, heatmap_svg

__all__ = ["attention_graph", "attention_heatmap", "graph_svg", "heatmap_svg"]
