"""The forward pass: the declaration of a model carried out, stage by stage, keeping the residual stream alone.

What is not needed again is overwritten in place, and what has the axes [head, query, key] is made for some
heads at a time, so that scores and weights stay in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from attention_core.architecture.block import declaration
from attention_core.architecture.declare import is_trained
from attention_core.arrays import Array
from attention_core.computation.stage import GATHERED_AXES, Numbers, Operand, Ref, Stage, compute, operand
from attention_core.config.model_config import ModelConfig
from attention_core.network import Network
from attention_core.ops.basic import Identity, Input
from attention_core.runtime.blocked_attention import SCORES, attend
from attention_core.runtime.run import Inputs, ModelRun
from attention_core.weights.layer_weights import LayerWeights, fusable_projections
from attention_core.weights.model_weights import Key


@dataclass(frozen=True)
class Step:
    """Stages that are carried out at once: one, some projections of the same rows, or what is [head, query, key].

    wires: its first stage's inputs: the quantity, whether it is trained, its axes; None where an axis follows others
    done:  the quantities that are not needed after it
    """

    stages: tuple[Stage, ...]
    wires: tuple[tuple[Key, bool, tuple[str, ...]] | None, ...]
    done: tuple[Key, ...]

    @property
    def is_grid(self) -> bool:
        """Whether it goes from queries and keys over scores to mixed values."""
        return self.stages[0].axes == SCORES


@cache
def plan(config: ModelConfig, layer: int | None, padded: bool) -> tuple[Step, ...]:
    """The steps of a layer, or those before the first, in order."""
    declared = declaration(config, layer, padded)
    stages = made(declared)
    cut = [(each,) for each in stages if not is_after(each, stages)] if layer is None else groups(stages)
    last = {ref.name: at for at, group in enumerate(cut) for each in group for ref in each.inputs}
    fresh = {each.name for each in stages if type(each.operation) is not Identity} if layer is not None else set()
    steps = []
    for place, group in enumerate(cut):
        done = {name for name, at in last.items() if at == place and name in fresh}
        wires = tuple(wire(each, group[0], layer if each.name in declared else None) for each in group[0].inputs)
        steps.append(Step(group, wires, tuple((name, layer) for name in done)))
    return tuple(steps)


def wire(each: Ref, stage: Stage, layer: int | None) -> tuple[Key, bool, tuple[str, ...]] | None:
    """Where an input is found in a run; None where one of its axes follows others."""
    if (
        each.earlier
        or each.layer is not None
        or any(axis in GATHERED_AXES and axis not in stage.axes for axis in each.axes)
    ):
        return None
    return (each.name, layer), is_trained(each), each.axes


def groups(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """The stages of a layer, cut into what is carried out at once."""
    joined = {group[0].name: group for group in fusable_projections(stages)}
    cut: list[tuple[Stage, ...]] = []
    taken: set[str] = set()
    for place, stage in enumerate(stages):
        if stage.name in taken:
            continue
        group = joined.get(stage.name, (stage,))
        if stage.axes == SCORES:
            end = next(at for at in range(place, len(stages)) if stages[at].axes != SCORES)
            group = tuple(stages[place : end + 1])
        cut.append(group)
        taken |= {each.name for each in group}
    return cut


def made(declared: dict[str, Stage]) -> list[Stage]:
    """The stages that are made from others."""
    return [each for each in declared.values() if not isinstance(each.operation, Input)]


@cache
def last_stages(config: ModelConfig) -> tuple[Stage, ...]:
    """The stages after the last layer, in order."""
    stages = made(declaration(config, None))
    return tuple(each for each in stages if is_after(each, stages))


def is_after(stage: Stage, stages: list[Stage]) -> bool:
    """Whether a stage comes after the last layer: it is made from one of its quantities, or from what is."""
    named = {each.name: each for each in stages}
    return any(
        ref.layer is not None or (ref.name in named and is_after(named[ref.name], stages)) for ref in stage.inputs
    )


@cache
def attended_kv(config: ModelConfig, layer: int | None) -> dict[str, str]:
    """The keys and values of a layer as they enter scores and mixes -> "own" positions', or an encoder's "memory"."""
    if layer is None:
        return {}
    declared = declaration(config, layer)
    halves = {"": "own"} | ({"cross_": "memory"} if config.cross else {})
    return {declared[half + name].inputs[1].name: whose for half, whose in halves.items() for name in ("product", "z")}


class Forward(ModelRun):
    """One run of a model over its inputs; it holds what is still needed."""

    def __init__(self, model: Network, inputs: Inputs) -> None:
        self.model, self.inputs = model, inputs
        self.held: dict[Key, Numbers] = {}
        self.masks: dict[int | None, Numbers] = {}
        self.own: LayerWeights

    def trained(self, name: str, layer: int | None) -> Numbers:
        """A trained tensor: of a layer, that of the one which is carried out."""
        return self.own[name] if layer is not None else super().trained(name, layer)

    def given(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not made from others; layers with a window of the same width share a mask."""
        if stage.name != "mask":
            return super().given(stage)
        width = self.model.config.window(stage.layer or 0)
        if width not in self.masks:
            self.masks[width] = super().given(stage)
        return self.masks[width]

    def stream(self) -> Array:
        """The residual stream before the first layer and after each: [n_layers + 1, position, d_model]."""
        config = self.model.config
        stream = np.empty((config.n_layers + 1, len(self.inputs.ids[self.inputs.new]), config.d_model), np.float32)
        for step in plan(self.model.config, None, self.padded):
            made = compute(self, step.stages[0])
            self.hold(step.stages[0], made if step.is_grid else np.ascontiguousarray(made))
        stream[0] = self.held["embedding", None]
        self.held["embedding", None] = stream[0]
        for layer, own in enumerate(self.model.weights.layers):
            self.own = own
            self.run_layer(layer, stream[layer], stream[layer + 1])
        return stream

    def run_layer(self, layer: int, before: Array, after: Array) -> None:
        """One layer, from the stream before it to the stream after it."""
        for step in plan(self.model.config, layer, self.padded):
            first = step.stages[0]
            if (first.name, layer) in self.held:
                continue  # it is kept from an earlier run
            if first.name == "resid_pre":
                self.held["resid_pre", layer] = before
            elif step.is_grid:
                self.hold(step.stages[-1], attend(self, step.stages))
            elif len(step.stages) > 1:
                self.project(step.stages)
            else:
                self.hold(first, self.make(step))
            for key in step.done:
                self.held.pop(key, None)
        after[...] = self.held["resid_post", layer]
        self.held = {key: numbers for key, numbers in self.held.items() if key[1] is None}

    def logits(self, row: Array) -> Array:
        """Scores of every token that may follow a position: [d_vocab].

        row: [d_model], the stream there after the last layer
        """
        config = self.model.config
        self.held["resid_post", config.n_layers - 1] = row[None]
        for stage in last_stages(config):
            self.hold(stage, compute(self, stage))
        return self.held["logits", None][0]

    def make(self, step: Step) -> Numbers:
        """One quantity, from inputs that are held, trained or given."""
        stage = step.stages[0]
        inputs = [
            operand(self, each, stage) if found is None else Operand(self.found(found[0], found[1]), found[2])
            for each, found in zip(stage.inputs, step.wires, strict=True)
        ]
        return stage.operation.compute(stage.axes, inputs)

    def found(self, key: Key, trained: bool) -> Numbers:
        """A trained tensor, or a quantity that is held or given."""
        if trained and key in self.model.weights:
            return self.trained(*key)
        return self.held[key] if key in self.held else self.array(*key)

    def project(self, stages: tuple[Stage, ...]) -> None:
        """Queries, keys and values by one product, where their weights lie so."""
        rows = operand(self, stages[0].inputs[0], stages[0]).numbers
        for product in self.own.products(stages[0].name):
            made = rows @ product.matrix
            if product.bias is not None:
                made += product.bias
            for stage in (each for each in stages if each.name in product.parts):
                self.hold(stage, product.split(made, stage.name))

    def hold(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until it is not needed any more."""
        self.held[stage.name, stage.layer] = numbers

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that is still held, or given."""
        stage = self.stage(name, layer)
        key = (stage.name, stage.layer)
        if key not in self.held:
            numbers = self.given(stage)
            self.held[key] = numbers
        return self.held[key]
