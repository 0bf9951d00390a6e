"""How a declaration is written: stages from short texts, norms by trait, trained tensors by their use."""

from __future__ import annotations

from collections.abc import Container, Iterable

from attention_core.computation.stage import Operation, Ref, Stage, ref
from attention_core.config.model_config import ModelConfig
from attention_core.ops.basic import Input
from attention_core.ops.norms import LayerNorm, RMSNorm

MASKED = "1: the query may look at this key. 0: it may not."


def stage(made: str, operation: Operation, *inputs: str, **said: object) -> Stage:
    """A stage as it is written in a declaration: its own name and axes, the operation, and its inputs."""
    own = ref(made)
    return Stage(own.name, own.axes, operation, tuple(map(ref, inputs)), **said)  # type: ignore[arg-type]


def norm(
    config: ModelConfig, made: str, source: str, weight: str, *,
    over: tuple[str, ...] = ("model",), own: str = "model", biased: bool | None = None, **said: object,
) -> Stage:  # fmt: skip
    """The norm that the model has, its weight w_… and its bias b_… by name, their axes `own`."""
    biased = config.norm_bias if biased is None else biased
    rms = config.norm == "rms"
    operation = RMSNorm(config.norm_eps, config.norm_offset, over) if rms else LayerNorm(config.norm_eps, over)
    return stage(made, operation, source, f"w_{weight}[{own}]", *([f"b_{weight}[{own}]"] if biased else []), **said)


def is_trained(each: Ref) -> bool:
    """Whether an input is a trained tensor, by its name: W_…, b_…, w_…."""
    return each.name[:2] in ("W_", "b_", "w_")


def trained(stages: Iterable[Stage], shared: Container[str] = ()) -> list[Stage]:
    """The trained tensors that stages use, each once, those that belong to no layer left out."""
    found = {each.name: each for made in stages for each in made.inputs if is_trained(each) and each.name not in shared}
    made = {each.name for each in stages}
    return [Stage(name, each.axes, Input()) for name, each in found.items() if name not in made]


def named(stages: Iterable[Stage]) -> dict[str, Stage]:
    """Stages by their name."""
    return {each.name: each for each in stages}
