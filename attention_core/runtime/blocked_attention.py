"""Attention in blocks: from queries and keys over scores to weighted sums of values.

This is the part of a run that grows with the square of the text. It is done for some heads and some queries at a
time, so that scores and weights stay in the processor's cache; the queries of a causal model leave out the keys that
none of them may attend to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from attention_core.computation.stage import Numbers, Operand, Stage, operand
from attention_core.config.model_config import ModelConfig
from attention_core.runtime.run import ModelRun

BLOCK = 1 << 18  # scores: as many as stay in the cache
CAUSAL_ROWS = 128  # queries: fewer leave out more keys, but make smaller products
SCORES = ("head", "query", "key")


def attend(run: ModelRun, stages: tuple[Stage, ...]) -> Numbers:
    """The weighted sums of values z [head, query, d_head] of a layer.

    stages: from the dot products of queries and keys to z, in order
    """
    product, *rest, last = stages
    query, key = (operand(run, each, product) for each in product.inputs)
    (n_heads, n_query, width), n_key = query.numbers.shape, key.numbers.shape[1]
    z = np.empty((n_query, n_heads, width), np.float32).transpose(1, 0, 2)
    causal = run.model.config if product.name == "product" and run.model.config.causal else None
    cuts = list(blocks(causal, product.layer or 0, n_query, n_key, run.inputs.done))
    longest = max((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in cuts)
    step = min(n_heads, max(1, BLOCK // longest))
    scratch = np.empty(step * longest, np.float32)
    for start in range(0, n_heads, step):
        heads = slice(start, min(start + step, n_heads))
        for rows, columns in cuts:
            block = Block(run, {"head": heads, "query": rows, "key": columns})
            shape = (heads.stop - heads.start, rows.stop - rows.start, columns.stop - columns.start)
            scores = scratch[: math.prod(shape)].reshape(shape)
            block.compute(product, [block.narrowed(query), block.narrowed(key)], scores)
            for stage in rest:
                block.compute(stage, block.inputs(stage), scores)
            block.compute(last, block.inputs(last), z[heads, rows])
    return z


def blocks(
    causal: ModelConfig | None, layer: int, n_query: int, n_key: int, done: int
) -> Iterator[tuple[slice, slice]]:
    """Queries that are taken together, and the keys that at least one of them may attend to.

    causal: the model's traits where its queries may not attend to later keys
    done:   how many keys stand before the first query
    """
    if causal is None:
        yield slice(0, n_query), slice(0, n_key)
        return
    window = causal.window(layer) or n_key
    for start in range(0, n_query, CAUSAL_ROWS):
        end = min(start + CAUSAL_ROWS, n_query)
        yield slice(start, end), slice(max(0, done + start - window + 1), done + end)


@dataclass
class Block:
    """A run narrowed to some heads, queries and keys.

    within:   axis -> the indices that belong to it
    computed: the quantities computed for it alone
    """

    whole: ModelRun
    within: dict[str, slice]
    computed: dict[str, Numbers] = field(default_factory=dict)

    def compute(self, stage: Stage, inputs: list[Operand], out: Numbers) -> None:
        """Compute a stage into an array, which may be that of the stage before."""
        self.computed[stage.name] = stage.operation.compute_into(stage.axes, inputs, out)

    def inputs(self, stage: Stage) -> list[Operand]:
        """The inputs of a stage, narrowed."""
        return [operand(self, each, stage) for each in stage.inputs]

    def narrowed(self, whole: Operand) -> Operand:
        """What belongs to this block of a quantity."""
        return Operand(whole.numbers[tuple(self.within.get(axis, slice(None)) for axis in whole.axes)], whole.axes)

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity of a name."""
        return self.whole.stage(name, layer)

    def has(self, name: str, layer: int | None) -> bool:
        """Whether there is a quantity of this name."""
        return self.whole.has(name, layer)

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that belong to this block."""
        if name in self.computed:
            return self.computed[name]
        return self.narrowed(Operand(self.whole.array(name, layer), self.whole.stage(name, layer).axes)).numbers

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """What an axis follows, and its index at each place there."""
        leaders, places = self.whole.gather_indices(axis)
        return leaders, self.narrowed(Operand(places, leaders)).numbers

    def origin(self, name: str, layer: int | None) -> str:
        """Where a given number comes from, in words."""
        return self.whole.origin(name, layer)
