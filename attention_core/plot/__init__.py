"""Attention figures, for notebooks and pages.

heatmap(trace, layer, head)  one head's attention weights as a Plotly figure
graph(trace, layer, head)    the same weights as a directed graph
arithmetic(term)             how a number is computed, as HTML

`attention_heatmap` and `attention_graph` draw any weights, such as the average of all heads.
Figures need Plotly, which is imported on first use: pip install "attention-lab[plot]".
"""

from attention_core.plot.arithmetic_html import arithmetic
from attention_core.plot.graph_figure import attention_graph
from attention_core.plot.heatmap_figure import attention_heatmap
from attention_core.plot.trace_figures import graph, heatmap

__all__ = ["arithmetic", "attention_graph", "attention_heatmap", "graph", "heatmap"]


def __dir__() -> list[str]:
    return __all__
