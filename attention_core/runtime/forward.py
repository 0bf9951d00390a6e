"""The forward pass: the declaration of a model computed stage by stage, of which only the residual stream is kept.

Every other quantity is kept until its last use, and scores and weights are computed for some heads at a time, so that
they stay in the processor's cache.
"""

from __future__ import annotations

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.stage import Numbers, Stage, compute, operand
from attention_core.network import Network
from attention_core.runtime.blocked_attention import attend
from attention_core.runtime.plan import last_stages, plan
from attention_core.runtime.run import Inputs, ModelRun
from attention_core.weights.layer_weights import LayerWeights
from attention_core.weights.layout import TensorKey


class Forward(ModelRun):
    """One run of a network over its inputs, with the quantities that later stages need.

    live:  quantity and layer -> its numbers, until their last use
    masks: width of a window -> the mask that layers with such a window share
    own:   the trained tensors of the layer that is computed
    """

    own: LayerWeights

    def __init__(self, model: Network, inputs: Inputs) -> None:
        self.model, self.inputs = model, inputs
        self.live: dict[TensorKey, Numbers] = {}
        self.masks: dict[int | None, Numbers] = {}

    def stream(self) -> Array:
        """The residual stream before the first layer and after each: [n_layers + 1, position, d_model]."""
        config = self.model.config
        stream = np.empty((config.n_layers + 1, len(self.inputs.ids[self.inputs.new]), config.d_model), np.float32)
        for step in plan(config, None, self.padded):
            (stage,) = step.stages
            self.keep(stage, compute(self, stage))
        stream[0] = self.live["embedding", None]
        for layer, own in enumerate(self.model.weights.layers):
            self.own = own
            self.run_layer(layer, stream[layer], stream[layer + 1])
        return stream

    def run_layer(self, layer: int, before: Array, after: Array) -> None:
        """One layer, from the residual stream before it to that after it."""
        for step in plan(self.model.config, layer, self.padded):
            first, last = step.stages[0], step.stages[-1]
            if (first.name, layer) in self.live:
                continue  # it is kept from an earlier run
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
        """The logits of every token that may follow a position: [d_vocab].

        row: [d_model], the residual stream there after the last layer
        """
        config = self.model.config
        self.live["resid_post", config.n_layers - 1] = row[None]
        for stage in last_stages(config):
            self.keep(stage, compute(self, stage))
        return self.live["logits", None][0]

    def project(self, stages: tuple[Stage, ...]) -> None:
        """Queries, keys and values by one product, where their weights are stored side by side."""
        rows = operand(self, stages[0].inputs[0], stages[0]).numbers
        for fused in self.own.products(stages[0].name):
            product = rows @ fused.matrix
            if fused.bias is not None:
                product += fused.bias
            for stage in (each for each in stages if each.name in fused.parts):
                self.keep(stage, fused.split(product, stage.name))

    def keep(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until its last use."""
        self.live[stage.name, stage.layer] = numbers

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that is still kept, trained or given."""
        if (name, layer) in self.live:
            return self.live[name, layer]
        stage = self.stage(name, layer)
        key = stage.name, stage.layer
        if key not in self.live:
            self.live[key] = self.given(stage)
        return self.live[key]

    def given(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not computed from others."""
        if stage.name != "mask":
            return super().given(stage)
        width = self.model.config.window(stage.layer or 0)
        if width not in self.masks:
            self.masks[width] = super().given(stage)
        return self.masks[width]

    def trained(self, name: str, layer: int | None) -> Numbers:
        """A trained tensor; of a layer, only the one that is computed now has any."""
        return self.own[name] if layer is not None else super().trained(name, layer)
