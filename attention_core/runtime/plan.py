"""The order of a forward pass: which stages are computed together, and when a quantity is no longer needed."""

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
class PlanStep:
    """Stages computed together: one, projections of the same rows, or everything from dot products to z.

    last_used: the quantities that no later step needs
    """

    stages: tuple[Stage, ...]
    last_used: tuple[TensorKey, ...]

    @property
    def is_attention(self) -> bool:
        """Whether it computes attention, from queries and keys to weighted sums of values."""
        return self.stages[0].axes == SCORES


@cache
def forward_plan(config: ModelConfig, layer: int | None, padded: bool) -> tuple[PlanStep, ...]:
    """The steps of a layer, or those before the first, in order."""
    stages = computed_stages(declaration(config, layer, padded))
    groups: list[tuple[Stage, ...]]
    if layer is None:
        groups = [(each,) for each in stages if not is_after_last_layer(each, stages)]
    else:
        groups = group_stages(stages)
    last = {ref.name: at for at, group in enumerate(groups) for each in group for ref in each.inputs}
    freed = {each.name for each in stages if type(each.operation) is not Identity} if layer is not None else set()
    return tuple(
        PlanStep(group, tuple((name, layer) for name, at in last.items() if at == i and name in freed))
        for i, group in enumerate(groups)
    )


def group_stages(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """The stages of a layer, in groups that are computed together."""
    fused = {group[0].name: group for group in fusable_projections(stages)}
    groups: list[tuple[Stage, ...]] = []
    taken: set[str] = set()
    for start, stage in enumerate(stages):
        if stage.name in taken:
            continue
        group = fused.get(stage.name, (stage,))
        if stage.axes == SCORES:
            end = next(at for at in range(start, len(stages)) if stages[at].axes != SCORES)
            group = tuple(stages[start : end + 1])
        groups.append(group)
        taken |= {each.name for each in group}
    return groups


def computed_stages(declared: dict[str, Stage]) -> list[Stage]:
    """The stages that are computed from others."""
    return [each for each in declared.values() if not isinstance(each.operation, Input)]


@cache
def final_stages(config: ModelConfig) -> tuple[Stage, ...]:
    """The stages after the last layer, in order."""
    stages = computed_stages(declaration(config, None))
    return tuple(each for each in stages if is_after_last_layer(each, stages))


def is_after_last_layer(stage: Stage, stages: list[Stage]) -> bool:
    """Whether a stage comes after the last layer: it depends, directly or not, on a quantity of that layer."""
    by_name = {each.name: each for each in stages}
    return any(
        ref.layer is not None or (ref.name in by_name and is_after_last_layer(by_name[ref.name], stages))
        for ref in stage.inputs
    )


@cache
def attended_kv(config: ModelConfig, layer: int | None) -> dict[str, str]:
    """The keys and values that a layer's queries attend to -> "own", or "memory" for those of the encoder's output."""
    if layer is None:
        return {}
    declared = declaration(config, layer)
    prefixes = {"": "own"} | ({"cross_": "memory"} if config.cross else {})
    return {
        declared[prefix + name].inputs[1].name: source
        for prefix, source in prefixes.items()
        for name in ("product", "z")
    }
