"""Attention in blocks: from queries and keys to weighted sums of values.

This part of a run grows with the square of the text's length. It is computed for a few heads and queries at a time,
so scores and weights stay in the processor's cache. In a causal model, each block skips the keys that none of its
queries may attend to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from attention_core.computation.stage import Numbers, Operand, Stage, operand
from attention_core.config.model_config import ModelConfig
from attention_core.runtime.run import ModelRun

SCORES_PER_BLOCK = 1 << 18  # as many as fit in the cache
CAUSAL_ROWS = 128  # queries per block: fewer skip more keys, but make the products smaller
SCORES = ("head", "query", "key")


def attend(run: ModelRun, stages: tuple[Stage, ...]) -> Numbers:
    """The weighted sums of values z of a layer: [head, query, d_head].

    stages: from the dot products of queries and keys to z, in order
    """
    product, *rest, last = stages
    query, key = (operand(run, each, product) for each in product.inputs)
    (n_heads, n_query, width), n_key = query.numbers.shape, key.numbers.shape[1]
    z = np.empty((n_query, n_heads, width), np.float32).transpose(1, 0, 2)
    causal = run.model.config if product.name == "product" and run.model.config.causal else None
    ranges = list(attention_blocks(causal, product.layer or 0, n_query, n_key, run.inputs.n_past))
    largest = max((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in ranges)
    step = min(n_heads, max(1, SCORES_PER_BLOCK // largest))
    scratch = np.empty(step * largest, np.float32)
    for start in range(0, n_heads, step):
        heads = slice(start, min(start + step, n_heads))
        for rows, columns in ranges:
            block = Block(run, {"head": heads, "query": rows, "key": columns})
            shape = (heads.stop - heads.start, rows.stop - rows.start, columns.stop - columns.start)
            scores = scratch[: math.prod(shape)].reshape(shape)
            block.compute(product, [block.narrowed(query), block.narrowed(key)], scores)
            for stage in rest:
                block.compute(stage, block.inputs(stage), scores)
            block.compute(last, block.inputs(last), z[heads, rows])
    return z


def attention_blocks(
    causal: ModelConfig | None, layer: int, n_query: int, n_key: int, n_past: int
) -> Iterator[tuple[slice, slice]]:
    """Ranges of queries, each with the range of keys that at least one of them may attend to.

    causal: the configuration if queries may not attend to later keys, otherwise None
    n_past: how many keys are before the first query
    """
    if causal is None:
        yield slice(0, n_query), slice(0, n_key)
        return
    window = causal.window(layer) or n_key
    for start in range(0, n_query, CAUSAL_ROWS):
        end = min(start + CAUSAL_ROWS, n_query)
        yield slice(start, end), slice(max(0, n_past + start - window + 1), n_past + end)


@dataclass
class Block:
    """A run restricted to some heads, queries and keys.

    ranges:   axis -> the indices in this block
    computed: the quantities computed for this block only
    """

    run: ModelRun
    ranges: dict[str, slice]
    computed: dict[str, Numbers] = field(default_factory=dict)

    def compute(self, stage: Stage, inputs: list[Operand], out: Numbers) -> None:
        """Compute a stage into an array, which may be the previous stage's."""
        self.computed[stage.name] = stage.operation.compute_into(stage.axes, inputs, out)

    def inputs(self, stage: Stage) -> list[Operand]:
        """The inputs of a stage, narrowed to this block."""
        return [operand(self, each, stage) for each in stage.inputs]

    def narrowed(self, full: Operand) -> Operand:
        """The part of a quantity that belongs to this block."""
        return Operand(full.numbers[tuple(self.ranges.get(axis, slice(None)) for axis in full.axes)], full.axes)

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity with this name."""
        return self.run.stage(name, layer)

    def has(self, name: str, layer: int | None) -> bool:
        """Whether there is a quantity with this name."""
        return self.run.has(name, layer)

    def array(self, name: str, layer: int | None) -> Numbers:
        """The numbers of a quantity that belong to this block."""
        if name in self.computed:
            return self.computed[name]
        return self.narrowed(Operand(self.run.array(name, layer), self.run.stage(name, layer).axes)).numbers

    def gather_indices(self, axis: str) -> tuple[tuple[str, ...], np.ndarray]:
        """The axes that an axis depends on, and its index for each of theirs."""
        source_axes, indices = self.run.gather_indices(axis)
        return source_axes, self.narrowed(Operand(indices, source_axes)).numbers

    def origin(self, name: str, layer: int | None) -> str:
        """A sentence that says where an input's numbers come from."""
        return self.run.origin(name, layer)
