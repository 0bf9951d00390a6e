"""A network: what a run needs of a model, and nothing that reads text or images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array
from attention_core.config.model_config import ModelConfig
from attention_core.weights.layout import TensorKey
from attention_core.weights.model_weights import Weights


@dataclass(frozen=True)
class Network:
    """A declared and trained network; immutable, so that many runs may share it.

    name:    what it was loaded as
    sources: canonical name and layer -> the tensor's name in the checkpoint
    """

    name: str
    config: ModelConfig
    weights: Weights
    sources: Mapping[TensorKey, str]

    def parameter(self, name: str, layer: int | None) -> Array:
        """A trained tensor with its declared axes, such as W_Q [head, model, dim] of a layer."""
        return np.asarray(self.weights[name, layer])
