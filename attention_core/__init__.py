"""Self-attention of real models in NumPy: every intermediate result, and how each number is computed.

    import attention_core as ac

    model = ac.load("minilm")                  # a catalogue name, a hub id, a folder, or a .gguf file
    trace = model.trace("It was too tired.")   # ids=[...] for token ids
    trace.tokens                               # [position]
    trace.pattern(3)                           # attention weights of layer 3: [head, query, key]
    ac.explain.weight(trace, 3, 1, 1, 4)       # how one of them is computed: layer 3, head 1, query 1, key 4
    ac.plot.heatmap(trace, 3, 1)               # a Plotly figure

Layers, heads and positions count from 0. Invalid arguments raise an AttentionLabError that says what to do; `ac.errors`
lists all errors.

Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
"""

from attention_core import errors, explain, plot
from attention_core.encoder_decoder import EncoderDecoder, EncoderDecoderTrace
from attention_core.errors import AttentionLabError
from attention_core.generate import write
from attention_core.image_model import ImageModel
from attention_core.loading import load
from attention_core.model import Model
from attention_core.sampling import greedy, sampled
from attention_core.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "AttentionLabError", "EncoderDecoder", "EncoderDecoderTrace", "ImageModel", "Model", "Trace", "errors", "explain",
    "greedy", "load", "plot", "sampled", "write",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__
