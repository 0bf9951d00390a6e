"""From queries and keys over scores to mixed values: the part of a forward pass that grows with the text's square.

It is done for some heads and some queries at a time, so that scores and weights stay in the cache; a causal
model's queries meet only the keys that one of them may see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_core.config import ModelConfig
from attention_core.elementwise import Add
from attention_core.operations import Mask, Scale, Softmax
from attention_core.ops import SAFE_SCORE, bounded, softmax_
from attention_core.products import Contract
from attention_core.stages import Numbers, Operand, Stage, operand

if TYPE_CHECKING:
    from attention_core.forward import Forward

SCORES_BLOCK = 1 << 18  # elements: so many scores at once stay in the cache
CAUSAL_ROWS = 128  # queries: fewer meet fewer keys in vain, but make smaller products
GRID = ("head", "query", "key")


def mixed(run: Forward, stages: tuple[Stage, ...]) -> Numbers:
    """The mixed values z [head, query, d_head] of a layer, by its stages from the product of queries and keys."""
    product, second = stages[:2]
    query, key = (operand(run, each, product) for each in product.inputs)
    if type(second.operation) is Scale:
        # Fewer numbers to scale than there are scores.
        query = Operand(query.numbers * np.float32(second.operation.factor), query.axes)
    plain = all(type(each.operation) in (Contract, Scale, Add, Mask, Softmax) for each in stages)
    n_heads, n_query, width = query.numbers.shape
    n_key = key.numbers.shape[1]
    # One query's largest scores are found sooner than a bound for them.
    safe = plain and n_query > 1 and bounded(query.numbers, key.numbers, SAFE_SCORE - added(run, stages))
    z = np.empty((n_query, n_heads, width), np.float32).transpose(1, 0, 2)
    own = run.model.config if product.name == "product" else None  # what is said of masks holds for self-attention
    step = min(n_heads, max(1, SCORES_BLOCK // (n_query * n_key)))
    scratch = np.empty(step * n_query * n_key, np.float32)
    for start in range(0, n_heads, step):
        heads = slice(start, min(start + step, n_heads))
        for rows, columns in blocks(own, product.layer or 0, n_query, n_key, run.inputs.done):
            part = Part(run, {"head": heads, "query": rows, "key": columns}, {}, safe)
            part.mix(stages, query, key, scratch, z[heads, rows])
    return z


def added(run: Forward, stages: tuple[Stage, ...]) -> float:
    """The most that is added to a score, or taken off it."""
    terms = [operand(run, each.inputs[1], each).numbers for each in stages if type(each.operation) is Add]
    return sum(max(float(each.max()), -float(each.min())) for each in terms)


def blocks(
    config: ModelConfig | None, layer: int, n_query: int, n_key: int, before: int
) -> Iterator[tuple[slice, slice]]:
    """Queries that are taken together, and the keys that at least one of them may see; `before` them are others."""
    if config is None or not config.causal:
        yield slice(0, n_query), slice(0, n_key)
        return
    window = config.window(layer) or n_key
    for start in range(0, n_query, CAUSAL_ROWS):
        end = min(start + CAUSAL_ROWS, n_query)
        yield slice(start, end), slice(max(0, before + start - window + 1), before + end)


@dataclass
class Part:
    """A part of a run: its quantities narrowed along some axes, and the scores that are made of them.

    within: axis -> the places that belong to it
    safe:   whether its scores are so small that a softmax needs no maximum
    """

    whole: Forward
    within: dict[str, slice]
    made: dict[str, Numbers]
    safe: bool

    def mix(self, stages: tuple[Stage, ...], query: Operand, key: Operand, scratch: Numbers, z: Numbers) -> None:
        """From the product of queries and keys to the mixed values, each stage in place of the one before."""
        product, *rest, last = stages
        pair = [Operand(self.narrowed(each.numbers, each.axes), each.axes) for each in (query, key)]
        shape = (*pair[0].numbers.shape[:2], pair[1].numbers.shape[1])
        grid = scratch[: shape[0] * shape[1] * shape[2]].reshape(shape)
        self.made[product.name] = Contract().compute_into(product.axes, pair, grid)
        for stage in rest:
            if type(stage.operation) is Softmax:
                softmax_(grid, safe=self.safe)
            elif type(stage.operation) is not Scale:  # the queries are scaled already
                inputs = [operand(self, each, stage) for each in stage.inputs]
                stage.operation.compute_into(stage.axes, inputs, grid)  # type: ignore[attr-defined]
            self.made[stage.name] = grid
        Contract().compute_into(last.axes, [operand(self, each, last) for each in last.inputs], z)

    def narrowed(self, numbers: Numbers, axes: tuple[str, ...]) -> Numbers:
        """The numbers that belong to this part."""
        return numbers[tuple(self.within.get(axis, slice(None)) for axis in axes)]

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity of a name."""
        return self.whole.stage(name, layer)

    def has(self, name: str, layer: int | None) -> bool:
        """Whether there is a quantity of this name."""
        return self.whole.has(name, layer)

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that belong to this part."""
        if name in self.made:
            return self.made[name]
        return self.narrowed(self.whole.array(name, layer), self.whole.stage(name, layer).axes)

    def follows(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """What an axis follows, and its index at each place there."""
        leaders, places = self.whole.follows(axis)
        return leaders, self.narrowed(places, leaders)

    def origin(self, name: str, layer: int | None) -> str:
        """Where a given number comes from, in words."""
        return self.whole.origin(name, layer)
