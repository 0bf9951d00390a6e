"""From queries and keys over scores to mixed values: the part of a forward pass that grows with the text's square.

It is done for some heads and some queries at a time, so that scores and weights stay in the cache; a causal
model's queries meet only the keys that one of them may see.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_core.computation.stage import Numbers, Operand, Stage, operand
from attention_core.config.model_config import ModelConfig
from attention_core.ops.basic import Mask, Scale
from attention_core.ops.einsum import Contract
from attention_core.ops.softmax import Softmax, small_softmax_, softmax_

if TYPE_CHECKING:
    from attention_core.runtime.forward import Forward

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
    n_heads, n_query, width = query.numbers.shape
    n_key = key.numbers.shape[1]
    z = np.empty((n_query, n_heads, width), np.float32).transpose(1, 0, 2)
    own = run.model.config if product.name == "product" else None  # what is said of masks holds for self-attention
    parts = list(blocks(own, product.layer or 0, n_query, n_key, run.inputs.done))
    longest = max((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in parts)
    step = min(n_heads, max(1, SCORES_BLOCK // longest))
    scratch = np.empty(step * longest, np.float32)
    small = True  # whether all scores so far were so small that a softmax needs no maximum
    for start in range(0, n_heads, step):
        heads = slice(start, min(start + step, n_heads))
        for rows, columns in parts:
            part = Part(run, {"head": heads, "query": rows, "key": columns}, {})
            small = part.mix(stages, query, key, scratch, z[heads, rows], small)
    return z


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
    made:   what is made of them
    """

    whole: Forward
    within: dict[str, slice]
    made: dict[str, Numbers]

    def mix(
        self, stages: tuple[Stage, ...], query: Operand, key: Operand, scratch: Numbers, z: Numbers, small: bool
    ) -> bool:
        """From the product of queries and keys to the mixed values, each stage in place of the one before.

        small:   whether the scores are taken to be so small that a softmax needs no maximum
        returns: whether they were
        """
        last = stages[-1]
        pair = [Operand(self.narrowed(each.numbers, each.axes), each.axes) for each in (query, key)]
        shape = (*pair[0].numbers.shape[:2], pair[1].numbers.shape[1])
        grid = scratch[: math.prod(shape)].reshape(shape)
        small = small and self.weigh(stages[:-1], pair, grid, small=True)
        if not small:
            self.weigh(stages[:-1], pair, grid, small=False)
        Contract().compute_into(last.axes, [operand(self, each, last) for each in last.inputs], z)
        return small

    def weigh(self, stages: tuple[Stage, ...], pair: list[Operand], grid: Numbers, *, small: bool) -> bool:
        """From the product of queries and keys to the weights; False where scores were taken for small and were not."""
        product, *rest = stages
        self.made[product.name] = Contract().compute_into(product.axes, pair, grid)
        for stage in rest:
            if isinstance(stage.operation, Softmax):
                sinks = [operand(self, each, stage).numbers for each in stage.inputs[1:]]
                if not small:
                    softmax_(grid, *sinks)
                elif not small_softmax_(grid, *sinks):
                    return False
            elif type(stage.operation) is Mask:
                self.hide(stage, grid)
            elif type(stage.operation) is not Scale:  # the queries are scaled already
                inputs = [operand(self, each, stage) for each in stage.inputs]
                stage.operation.compute_into(stage.axes, inputs, grid)  # type: ignore[attr-defined]
            self.made[stage.name] = grid
        return True

    def hide(self, stage: Stage, grid: Numbers) -> None:
        """Make scores -inf where a query may not look."""
        mask = stage.inputs[1]
        veil = self.whole.veil(self.whole.stage(mask.name, stage.layer))
        if veil is not None:
            grid += self.narrowed(veil, mask.axes)

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
