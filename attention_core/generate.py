"""Writing on: a language model's next token, and the next, with keys and values kept of what was read before.

Only new positions are run, by the same declared stages; their queries meet the kept keys and values, and
their own. A causal model's earlier positions do not change by what follows them, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.stage import Numbers, Stage
from attention_core.config.model_config import ModelConfig
from attention_core.errors import InputError
from attention_core.model import Model
from attention_core.ops.rotary import frequencies
from attention_core.runtime.forward import Forward
from attention_core.runtime.plan import attended_kv
from attention_core.runtime.run import Inputs, check_finite, position_ids
from attention_core.sampling import Choice
from attention_core.trace import Trace
from attention_core.validate import is_whole, told, whole_numbers
from attention_core.weights.layout import TensorKey

ROOM = 64  # positions: as much is made at once, so that one more token seldom moves all that is kept


@dataclass
class KVCache:
    """What is kept of positions that were run: keys and values as they enter the scores and the mix.

    own:    quantity and layer -> [kv_head, room, d_head], of which the first `length` places are taken
    memory: quantity and layer -> [kv_head, source, d_head], of an encoder's output, which stays the same
    """

    length: int = 0
    own: dict[TensorKey, Array] = field(default_factory=dict)
    memory: dict[TensorKey, Array] = field(default_factory=dict)

    def append(self, key: TensorKey, new: Numbers) -> Numbers:
        """The kept numbers of a quantity, followed by those of the new positions [kv_head, new, d_head]."""
        end = self.length + new.shape[1]
        there = self.own.get(key)
        if there is None or there.shape[1] < end:
            grown = np.empty((new.shape[0], max(end + ROOM, 2 * self.length), new.shape[2]), np.float32)
            if there is not None:
                grown[:, : self.length] = there[:, : self.length]
            there = self.own[key] = grown
        there[:, self.length : end] = new
        return there[:, :end]


class CachedForward(Forward):
    """A run over the positions that were not run before."""

    def __init__(self, model: Model, inputs: Inputs, cache: KVCache) -> None:
        super().__init__(model, inputs)
        self.cache = cache

    def run_layer(self, layer: int, before: Array, after: Array) -> None:
        """One layer; what it makes of an encoder's output is there already."""
        self.live |= {key: numbers for key, numbers in self.cache.memory.items() if key[1] == layer}
        super().run_layer(layer, before, after)

    def keep(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until its last use; keys and values beyond this run."""
        key = stage.name, stage.layer
        whose = attended_kv(self.model.config, stage.layer).get(stage.name)
        if whose == "own":
            numbers = self.cache.append(key, numbers)
        elif whose == "memory":
            self.cache.memory[key] = numbers
        super().keep(stage, numbers)


class Continuation:
    """A text that is read on token by token.

    encoder: of an encoder–decoder, the trace of the other side
    Raises InputError for a model that cannot write: without a language-model head, or not causal.
    """

    def __init__(self, model: Model, encoder: Trace | None = None) -> None:
        if not writes(model.config):
            raise InputError(f"{model.name} is no language model, so it cannot write on.")
        if (encoder is None) == model.config.cross:
            raise InputError("A decoder needs an encoder's output, and only a decoder takes one.")
        self.model, self.encoder = model, encoder
        self.ids: list[int] = []
        self.cache = KVCache()

    def read(self, more: Sequence[int]) -> Array:
        """Read more tokens; the logits [d_vocab] of what may follow them.

        Raises InputError when there are none, too many, or ids out of the vocabulary, and NonFiniteError when the
        stream is not finite.
        """
        model, ids = self.model, [*self.ids, *more]
        model.check(ids if more else [])
        now = np.array(ids)
        placed = position_ids(model.config, now, None)
        if not still_turned(model.config, placed, self.cache.length):
            self.cache = KVCache(memory=self.cache.memory)
        inputs = Inputs(now, placed, n_past=self.cache.length)
        if self.encoder:
            memory, memory_mask = self.encoder.contextual, self.encoder.inputs.attention_mask
            inputs = replace(inputs, memory=memory, memory_mask=memory_mask)
        run = CachedForward(model, inputs, self.cache)
        stream = check_finite(run.stream())
        self.ids, self.cache.length = ids, len(ids)
        return run.logits(stream[-1, -1])


def writes(config: ModelConfig) -> bool:
    """Whether a model can write: it looks back only, and has a language-model head."""
    return config.causal and config.head != "none"


def still_turned(config: ModelConfig, placed: np.ndarray, length: int) -> bool:
    """Whether keys that were rotated in the first `length` places turn the same in all of them.

    Some scalings of rotary positions change every angle as a text grows; kept keys are then worth nothing.
    """
    if not length:
        return True
    before, now = (int(each.max()) + 1 for each in (placed[:length], placed))
    turns = (rotary for rotary in set(config.rotary) if rotary is not None)
    return all(np.array_equal(frequencies(rotary, before), frequencies(rotary, now)) for rotary in turns)


def write(
    model: Model, ids: Sequence[int], choose: Choice, most: int, encoder: Trace | None = None
) -> Iterator[int]:  # fmt: skip
    """The ids of the tokens that a language model writes after some, each as soon as it is chosen.

    It ends after `most` of them, after the token that ends a text, or where the model can read no more.

    ids:     what is written after, such as `model.trace(text).ids`
    choose:  greedy, or what `sampled` gives
    most:    how many tokens at most
    encoder: of an encoder–decoder, the trace of its text
    Raises InputError for a model that cannot write and for ids that it cannot read, and NonFiniteError when the
    stream is not finite.
    """
    if not isinstance(model, Model):
        got = type(model).__name__
        raise InputError(f"A language model is needed, got {got}; an encoder–decoder writes by model.write(text).")
    if not callable(choose):
        raise InputError(f"choose is greedy, or what sampled(seed) gives, got {told(choose)}.")
    if not is_whole(most):
        raise InputError(f"most is a whole number of tokens, got {told(most)}.")
    text, read = Continuation(model, encoder), whole_numbers("ids", ids)
    model.check(read)
    return _written(text, read, choose, min(most, model.config.n_ctx - len(read)))


def _written(text: Continuation, new: list[int], choose: Choice, most: int) -> Iterator[int]:
    for _ in range(most):
        new = [choose(text.read(new))]
        yield new[0]
        if new[0] in text.model.config.end_ids:
            return
