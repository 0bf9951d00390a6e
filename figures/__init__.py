"""Attention as pictures: arrays in, a Plotly figure or an SVG out."""

from figures.graph import attention_graph
from figures.heatmap import attention_heatmap
from figures.svg import graph_svg, heatmap_svg

__all__ = ["attention_graph", "attention_heatmap", "graph_svg", "heatmap_svg"]
