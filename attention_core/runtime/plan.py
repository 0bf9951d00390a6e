"""The order of a forward pass: which stages are computed at once, and when a quantity is no longer needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from attention_core.architecture.block import declaration
from attention_core.computation.stage import Stage
from attention_core.config.model_config import ModelConfig
from attention_core.ops.basic import Identity, Input
from attention_core.runtime.blocked_attention import SCORES
from attention_core.weights.layer_weights import fusable_projections
from attention_core.weights.layout import TensorKey


@dataclass(frozen=True)
class Step:
    """Stages that are computed at once: one, projections of the same rows, or everything from dot products to z.

    last_used: the quantities that no later step needs
    """

    stages: tuple[Stage, ...]
    last_used: tuple[TensorKey, ...]

    @property
    def is_attention(self) -> bool:
        """Whether it goes from queries and keys over scores to weighted sums of values."""
        return self.stages[0].axes == SCORES


@cache
def plan(config: ModelConfig, layer: int | None, padded: bool) -> tuple[Step, ...]:
    """The steps of a layer, or those before the first, in order."""
    stages = computed_stages(declaration(config, layer, padded))
    groups = [(each,) for each in stages if not is_after(each, stages)] if layer is None else grouped(stages)
    last = {ref.name: at for at, group in enumerate(groups) for each in group for ref in each.inputs}
    own = {each.name for each in stages if type(each.operation) is not Identity} if layer is not None else set()
    return tuple(
        Step(group, tuple((name, layer) for name, at in last.items() if at == place and name in own))
        for place, group in enumerate(groups)
    )


def grouped(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """The stages of a layer, in groups that are computed at once."""
    fused = {group[0].name: group for group in fusable_projections(stages)}
    groups: list[tuple[Stage, ...]] = []
    taken: set[str] = set()
    for place, stage in enumerate(stages):
        if stage.name in taken:
            continue
        group = fused.get(stage.name, (stage,))
        if stage.axes == SCORES:
            end = next(at for at in range(place, len(stages)) if stages[at].axes != SCORES)
            group = tuple(stages[place : end + 1])
        groups.append(group)
        taken |= {each.name for each in group}
    return groups


def computed_stages(declared: dict[str, Stage]) -> list[Stage]:
    """The stages that are computed from others."""
    return [each for each in declared.values() if not isinstance(each.operation, Input)]


@cache
def last_stages(config: ModelConfig) -> tuple[Stage, ...]:
    """The stages after the last layer, in order."""
    stages = computed_stages(declaration(config, None))
    return tuple(each for each in stages if is_after(each, stages))


def is_after(stage: Stage, stages: list[Stage]) -> bool:
    """Whether a stage comes after the last layer: it is computed from a quantity of that layer, or from what is."""
    named = {each.name: each for each in stages}
    return any(
        ref.layer is not None or (ref.name in named and is_after(named[ref.name], stages)) for ref in stage.inputs
    )


@cache
def attended_kv(config: ModelConfig, layer: int | None) -> dict[str, str]:
    """A layer's keys and values as queries attend to them -> "own", or "memory" for those of an encoder's output."""
    if layer is None:
        return {}
    declared = declaration(config, layer)
    halves = {"": "own"} | ({"cross_": "memory"} if config.cross else {})
    return {declared[half + name].inputs[1].name: whose for half, whose in halves.items() for name in ("product", "z")}
