"""Helpers for declarations: stages from short strings, norms by trait, and the parameters that stages use."""

from __future__ import annotations

from collections.abc import Container, Iterable

from attention_core.computation.stage import Operation, Ref, Stage, parse_ref
from attention_core.config.model_config import ModelConfig
from attention_core.ops.basic import Input
from attention_core.ops.norms import LayerNorm, RMSNorm

MASK_NOTE = "1: the query may attend to this key. 0: it may not."


def stage(result: str, operation: Operation, *inputs: str, **fields: object) -> Stage:
    """A stage as written in a declaration: its name and axes, its operation, its inputs, and other fields."""
    ref = parse_ref(result)
    return Stage(ref.name, ref.axes, operation, tuple(map(parse_ref, inputs)), **fields)  # type: ignore[arg-type]


def norm_stage(
    config: ModelConfig, result: str, source: str, weight: str, *,
    over: tuple[str, ...] = ("model",), weight_axes: str = "model", biased: bool | None = None, **fields: object,
) -> Stage:  # fmt: skip
    """A norm of the model's kind, with its weight w_… and its bias b_…."""
    biased = config.norm_bias if biased is None else biased
    rms = config.norm == "rms"
    operation = RMSNorm(config.norm_eps, config.norm_offset, over) if rms else LayerNorm(config.norm_eps, over)
    bias = [f"b_{weight}[{weight_axes}]"] if biased else []
    return stage(result, operation, source, f"w_{weight}[{weight_axes}]", *bias, **fields)


def is_parameter(each: Ref) -> bool:
    """Whether an input is a parameter, by its name: W_…, b_…, w_…."""
    return each.name[:2] in ("W_", "b_", "w_")


def parameter_stages(stages: Iterable[Stage], shared: Container[str] = ()) -> list[Stage]:
    """The parameters that stages use, each once, except those in `shared`."""
    refs = {ref.name: ref for each in stages for ref in each.inputs if is_parameter(ref) and ref.name not in shared}
    computed = {each.name for each in stages}
    return [Stage(name, ref.axes, Input()) for name, ref in refs.items() if name not in computed]


def by_name(stages: Iterable[Stage]) -> dict[str, Stage]:
    """The stages, by name."""
    return {each.name: each for each in stages}
