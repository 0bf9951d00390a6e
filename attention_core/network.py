"""A network: the part of a model that a run needs, without tokenizer or image preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array
from attention_core.config.model_config import ModelConfig
from attention_core.weights.model_weights import Key, Weights


@dataclass(frozen=True)
class Network:
    """A declared and trained network; immutable, so many runs can share it.

    name:    the name it was loaded by
    sources: canonical name and layer -> the tensor's name in the checkpoint
    """

    name: str
    config: ModelConfig
    weights: Weights
    sources: Mapping[Key, str]

    def parameter(self, name: str, layer: int | None) -> Array:
        """A parameter tensor with its declared axes, such as a layer's W_Q [head, model, dim]."""
        return np.asarray(self.weights[name, layer])
