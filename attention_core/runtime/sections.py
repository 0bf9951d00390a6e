"""A forward pass by several threads: each runs a section of the text, and they meet where queries need all keys.

A product is made by one thread meanwhile, so that what is done between products is shared out too.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

from attention_core.arrays import Array
from attention_core.computation.stage import Numbers, Stage
from attention_core.runtime.forward import Forward, met
from attention_core.runtime.run import Inputs
from attention_core.weights.model_weights import Key

if TYPE_CHECKING:
    from attention_core.model import Model

SHORTEST = 128  # positions: shorter sections lose more by their meetings than they gain


class Blas:
    """The library that makes products, by as many threads as it takes or, while there are sections, one each."""

    def __init__(self) -> None:
        self._library = ThreadpoolController().select(user_api="blas")
        self._lock, self._runs, self._before = threading.Lock(), 0, 1

    @property
    def threads(self) -> int:
        """By how many threads a product is made while there are no sections."""
        with self._lock:
            return self._before if self._runs else self._now()

    @contextmanager
    def one_each(self) -> Iterator[None]:
        """Products are made by the thread that asks for them, until the last run that wants this is over."""
        with self._lock:
            if not self._runs:
                self._before = self._now()
                self._library.limit(limits=1)
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1
                if not self._runs:
                    self._library.limit(limits=self._before)

    def _now(self) -> int:
        return max((each["num_threads"] for each in self._library.info()), default=1)


BLAS = Blas()


class Section(Forward):
    """A run over some positions of a text; its queries meet the keys and values of all.

    shared: keys and values of all sections [kv_head, key, d_head], into which each writes its own
    source: which part of an encoder's output this section makes keys and values from
    """

    def __init__(self, model: Model, inputs: Inputs, shared: dict[Key, Array], source: slice) -> None:
        super().__init__(model, inputs)
        self.shared, self.source = shared, source

    def hold(self, stage: Stage, numbers: Numbers) -> None:
        """Keep a quantity until it is not needed any more; keys and values for the other sections too."""
        inputs = self.inputs
        whose = met(self.model.config, stage.layer).get(stage.name)
        if whose == "own":
            numbers = self.share(stage, numbers, inputs.new, len(inputs.ids))
        elif whose == "memory" and inputs.memory is not None:
            numbers = self.share(stage, numbers, self.source, len(inputs.memory))
        super().hold(stage, numbers)

    def share(self, stage: Stage, numbers: Numbers, own: slice, length: int) -> Numbers:
        """The keys or values of all sections, with this one's own among them."""
        # While some section still reads those of a layer, another writes those of the next.
        key = stage.name, (stage.layer or 0) % 2
        if key not in self.shared:
            self.shared.setdefault(key, np.empty((numbers.shape[0], length, numbers.shape[2]), np.float32))
        self.shared[key][:, own] = numbers
        return self.shared[key]

    def given(self, stage: Stage) -> np.ndarray:
        """The numbers of a stage that is not made from others; of an encoder's output, this section's part."""
        numbers = super().given(stage)
        return numbers[self.source] if stage.name == "memory" else numbers


def stream(model: Model, inputs: Inputs) -> Array:
    """The residual stream of a run, before the first layer and after each: [n_layers + 1, position, d_model]."""
    count = min(BLAS.threads, len(inputs.ids) // SHORTEST) if is_divisible(model) else 1
    if count < 2:
        return Forward(model, inputs).stream()
    made = np.empty((model.config.n_layers + 1, len(inputs.ids), model.config.d_model), np.float32)
    shared: dict[Key, Array] = {}
    own, sources = (
        cuts(length, count) for length in (len(inputs.ids), 0 if inputs.memory is None else len(inputs.memory))
    )
    runs = [
        Section(model, replace(inputs, done=part.start, end=part.stop), shared, source).run(made[:, part])
        for part, source in zip(own, sources, strict=True)
    ]
    with BLAS.one_each(), ThreadPoolExecutor(count - 1) as others:
        on = True
        while on:
            coming = [others.submit(next, run, False) for run in runs[1:]]
            on = next(runs[0], False) is not False
            for each in coming:
                each.result()
    return made


def is_divisible(model: Model) -> bool:
    """Whether sections may be run apart: not where each would read the disk, or multiply with the same experts, anew.

    What an image's positions are made from does not lie by positions.
    """
    return model.config.image is None and not model.config.routed and not model.weights.stored


def cuts(length: int, count: int) -> list[slice]:
    """So many parts of a length, which differ by one place at most."""
    ends = [at * length // count for at in range(count + 1)]
    return [slice(start, end) for start, end in itertools.pairwise(ends)]
