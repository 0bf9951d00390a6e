"""Text generation with a KV cache: a language model's next token, again and again.

Only new positions are run, through the same declared stages; their queries attend to cached keys and values and to
their own. In a causal model later tokens do not change earlier positions, so the result is exact.
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
from attention_core.validate import integer_list, is_int, summarize
from attention_core.weights.layout import TensorKey

CACHE_BLOCK = 64  # positions; arrays grow by this many at a time, so a new token rarely copies the whole cache


@dataclass
class KVCache:
    """The cached keys and values of earlier positions, normalized and rotated as attention uses them.

    own:    quantity and layer -> [kv_head, capacity, d_head]; the first `length` positions are filled
    memory: quantity and layer -> [kv_head, source, d_head], of an encoder's output, which never changes
    """

    length: int = 0
    own: dict[TensorKey, Array] = field(default_factory=dict)
    memory: dict[TensorKey, Array] = field(default_factory=dict)

    def append(self, key: TensorKey, new: Numbers) -> Numbers:
        """Append new positions [kv_head, new, d_head] to a quantity; returns all positions."""
        end = self.length + new.shape[1]
        cached = self.own.get(key)
        if cached is None or cached.shape[1] < end:
            grown = np.empty((new.shape[0], max(end + CACHE_BLOCK, 2 * self.length), new.shape[2]), np.float32)
            if cached is not None:
                grown[:, : self.length] = cached[:, : self.length]
            cached = self.own[key] = grown
        cached[:, self.length : end] = new
        return cached[:, :end]


class CachedForward(Forward):
    """A forward pass over new positions only."""

    def __init__(self, model: Model, inputs: Inputs, cache: KVCache) -> None:
        super().__init__(model, inputs)
        self.cache = cache

    def run_layer(self, layer: int, before: Array, after: Array) -> None:
        """Run one layer; keys and values of an encoder's output come from the cache."""
        self.live |= {key: numbers for key, numbers in self.cache.memory.items() if key[1] == layer}
        super().run_layer(layer, before, after)

    def keep(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until its last use; keys and values go into the cache."""
        key = stage.name, stage.layer
        source = attended_kv(self.model.config, stage.layer).get(stage.name)
        if source == "own":
            numbers = self.cache.append(key, numbers)
        elif source == "memory":
            self.cache.memory[key] = numbers
        super().keep(stage, numbers)


class Continuation:
    """A text that grows token by token, with its KV cache.

    encoder: for the decoder of an encoder–decoder, the encoder's trace
    Raises InputError for a model that cannot generate: without a language-model head, or not causal.
    """

    def __init__(self, model: Model, encoder: Trace | None = None) -> None:
        if not can_generate(model.config):
            raise InputError(f"{model.name} is not a language model, so it cannot generate text.")
        if (encoder is None) == model.config.cross:
            raise InputError("A decoder needs an encoder's output, and only a decoder takes one.")
        self.model, self.encoder = model, encoder
        self.ids: list[int] = []
        self.cache = KVCache()

    def read(self, more: Sequence[int]) -> Array:
        """Run more tokens; returns the logits [d_vocab] of the next token.

        Raises InputError for no tokens, too many, or ids outside the vocabulary, and NonFiniteError if the residual
        stream is not finite.
        """
        model, ids = self.model, [*self.ids, *more]
        model.check(ids if more else [])
        token_ids = np.array(ids)
        positions = position_ids(model.config, token_ids, None)
        if not rotations_unchanged(model.config, positions, self.cache.length):
            self.cache = KVCache(memory=self.cache.memory)
        inputs = Inputs(token_ids, positions, n_past=self.cache.length)
        if self.encoder:
            memory, memory_mask = self.encoder.contextual, self.encoder.inputs.attention_mask
            inputs = replace(inputs, memory=memory, memory_mask=memory_mask)
        run = CachedForward(model, inputs, self.cache)
        stream = check_finite(run.stream())
        self.ids, self.cache.length = ids, len(ids)
        return run.logits(stream[-1, -1])


def can_generate(config: ModelConfig) -> bool:
    """Whether a model can generate text: it is causal and has a language-model head."""
    return config.causal and config.head != "none"


def rotations_unchanged(config: ModelConfig, positions: np.ndarray, length: int) -> bool:
    """Whether the cached keys of the first `length` positions have the same rotation in the longer text.

    Some scalings of rotary embeddings change every angle as a text grows, which invalidates cached keys.
    """
    if not length:
        return True
    before, now = (int(each.max()) + 1 for each in (positions[:length], positions))
    rotaries = (rotary for rotary in set(config.rotary) if rotary is not None)
    return all(np.array_equal(frequencies(rotary, before), frequencies(rotary, now)) for rotary in rotaries)


def write(
    model: Model, ids: Sequence[int], choose: Choice, most: int, encoder: Trace | None = None
) -> Iterator[int]:  # fmt: skip
    """Generate text after a prompt; yields each token id as soon as it is chosen.

    Stops after `most` tokens, after an end token, or at the model's context length.

    ids:     the prompt, such as `model.trace(text).ids`
    choose:  greedy, or the result of `sampled`
    most:    the maximum number of new tokens
    encoder: for an encoder–decoder, the trace of its text
    Raises InputError for a model that cannot generate and for invalid ids, and NonFiniteError if the residual stream
    is not finite.
    """
    if not isinstance(model, Model):
        got = type(model).__name__
        raise InputError(f"Give a language model, got {got}; for an encoder–decoder use model.write(text).")
    if not callable(choose):
        raise InputError(f"choose is greedy or the result of sampled(seed), got {summarize(choose)}.")
    if not is_int(most):
        raise InputError(f"most is a whole number of tokens, got {summarize(most)}.")
    text, prompt = Continuation(model, encoder), integer_list("ids", ids)
    model.check(prompt)
    return _generate(text, prompt, choose, min(most, model.config.n_ctx - len(prompt)))


def _generate(text: Continuation, new: list[int], choose: Choice, most: int) -> Iterator[int]:
    for _ in range(most):
        new = [choose(text.read(new))]
        yield new[0]
        if new[0] in text.model.config.end_ids:
            return
