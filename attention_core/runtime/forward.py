"""The forward pass: a model's declaration computed stage by stage, keeping only the residual stream.

Every other quantity is kept until its last use. Scores and weights are computed for a few heads at a time, so they
stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.stage import Numbers, Stage, compute, operand
from attention_core.network import Network
from attention_core.runtime.blocked_attention import attend
from attention_core.runtime.plan import final_stages, forward_plan
from attention_core.runtime.run import Inputs, ModelRun
from attention_core.weights.layer_weights import LayerWeights
from attention_core.weights.layout import TensorKey

before_layer: ContextVar[Callable[[], None]] = ContextVar("before_layer", default=lambda: None)
"""Called before each layer of a run; an exception that it raises stops the run."""


class Forward(ModelRun):
    """One run of a network on its inputs, with the quantities that later stages need.

    live:  quantity and layer -> its numbers, until their last use
    masks: width of a window -> the mask shared by layers with that window
    layer_weights: the parameters of the current layer
    """

    layer_weights: LayerWeights

    def __init__(self, model: Network, inputs: Inputs) -> None:
        self.model, self.inputs = model, inputs
        self.live: dict[TensorKey, Numbers] = {}
        self.masks: dict[int | None, Numbers] = {}

    def stream(self) -> Array:
        """The residual stream before the first layer and after each: [n_layers + 1, position, d_model]."""
        config = self.model.config
        stream = np.empty((config.n_layers + 1, len(self.inputs.ids[self.inputs.new]), config.d_model), np.float32)
        for step in forward_plan(config, None, self.padded):
            (stage,) = step.stages
            self.keep(stage, compute(self, stage))
        stream[0] = self.live["embedding", None]
        for layer, weights in enumerate(self.model.weights.layers):
            before_layer.get()()
            self.layer_weights = weights
            self.run_layer(layer, stream[layer], stream[layer + 1])
        return stream

    def run_layer(self, layer: int, before: Array, after: Array) -> None:
        """Run one layer, from the residual stream before it to the residual stream after it."""
        for step in forward_plan(self.model.config, layer, self.padded):
            first, last = step.stages[0], step.stages[-1]
            if (first.name, layer) in self.live:
                continue  # kept from an earlier run
            if first.name == "resid_pre":
                self.keep(first, before)
            elif step.is_attention:
                self.keep(last, attend(self, step.stages))
            elif len(step.stages) > 1:
                self.project(step.stages)
            else:
                self.keep(first, compute(self, first))
            for key in step.last_used:
                self.live.pop(key, None)
        after[...] = self.live["resid_post", layer]
        self.live = {key: numbers for key, numbers in self.live.items() if key[1] is None}

    def logits(self, row: Array) -> Array:
        """The logits of the next token after a position: [d_vocab].

        row: [d_model], the residual stream at the position after the last layer
        """
        config = self.model.config
        self.live["resid_post", config.n_layers - 1] = row[None]
        for stage in final_stages(config):
            self.keep(stage, compute(self, stage))
        return self.live["logits", None][0]

    def project(self, stages: tuple[Stage, ...]) -> None:
        """Compute queries, keys and values with one product if their weights are stored side by side."""
        rows = operand(self, stages[0].inputs[0], stages[0]).numbers
        for fused in self.layer_weights.products(stages[0].name):
            product = rows @ fused.matrix
            if fused.bias is not None:
                product += fused.bias
            for stage in (each for each in stages if each.name in fused.parts):
                self.keep(stage, fused.split(product, stage.name))

    def keep(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until its last use."""
        self.live[stage.name, stage.layer] = numbers

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that is still kept, a parameter or an input."""
        if (name, layer) in self.live:
            return self.live[name, layer]
        stage = self.stage(name, layer)
        key = stage.name, stage.layer
        if key not in self.live:
            self.live[key] = self.input_array(stage)
        return self.live[key]

    def input_array(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not computed from others."""
        if stage.name != "mask":
            return super().input_array(stage)
        width = self.model.config.window(stage.layer or 0)
        if width not in self.masks:
            self.masks[width] = super().input_array(stage)
        return self.masks[width]

    def trained(self, name: str, layer: int | None) -> Numbers:
        """A parameter tensor; of the layers, only the current one has its parameters loaded."""
        return self.layer_weights[name] if layer is not None else super().trained(name, layer)
