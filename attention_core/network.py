"""A network: the part of a model that a run needs, without tokenizer or image preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array
from attention_core.config.model_config import ModelConfig
from attention_core.display import display_name, layers_and_heads
from attention_core.errors import InputError
from attention_core.validate import check_index, summarize
from attention_core.weights.layout import TensorKey
from attention_core.weights.model_weights import Weights


@dataclass(frozen=True)
class Network:
    """A declared and trained network; immutable, so it can be shared.

    name:    the name it was loaded by
    sources: canonical name and layer -> the tensor's name in the checkpoint
    """

    name: str
    config: ModelConfig
    weights: Weights
    sources: Mapping[TensorKey, str]

    def __repr__(self) -> str:
        config = self.config
        reads = f"images of {config.image.height} × {config.image.width}" if config.image else f"{config.n_ctx} tokens"
        sizes = f"{layers_and_heads(config)}, d_model {config.d_model}, d_vocab {config.d_vocab}"
        return f"<{type(self).__name__} {display_name(self.name)}: {sizes}, reads {reads}>"

    def parameter(self, name: str, layer: int | None = None) -> Array:
        """A trained tensor with its declared axes, such as W_Q [head, model, dim] of a layer, or W_E [token, model].

        Raises InputError, which lists the existing tensors, if there is no such tensor.
        """
        if layer is not None:
            check_index("layer", layer, self.config.n_layers)
        if (name, layer) not in self.weights:
            raise InputError(self._missing(name, layer))
        return np.asarray(self.weights[name, layer])

    def _missing(self, name: str, layer: int | None) -> str:
        """The message for a missing parameter: where it is, or which parameters exist."""
        if layer is None and any(key == name for key, _ in self.weights):
            return f"{name} belongs to a layer: give one from 0 to {self.config.n_layers - 1}."
        if (name, None) in self.weights:
            return f"{name} belongs to no layer: use parameter({name!r})."
        where = "Outside its layers, the model" if layer is None else f"Layer {layer}"
        names = sorted(key for key, at in self.weights if at == layer)
        return f"There is no parameter {summarize(name)}. {where} has {', '.join(names)}."
