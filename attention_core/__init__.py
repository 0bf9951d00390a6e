"""Self-attention of real models in NumPy: every intermediate, and how each number was made."""

from attention_core import explain
from attention_core.encoder_decoder import EncoderDecoder, EncoderDecoderTrace
from attention_core.errors import AttentionLabError
from attention_core.image_model import ImageModel
from attention_core.loading import load
from attention_core.model import Model
from attention_core.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "AttentionLabError", "EncoderDecoder", "EncoderDecoderTrace", "ImageModel", "Model", "Trace", "explain", "load",
]  # fmt: skip
