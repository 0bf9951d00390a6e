"""Long runs: one at a time in this process, in the order in which visitors asked for them.

A visitor waits for one run at a time, so one who sends many long texts waits for everybody else between two of them.
Short runs do not wait: they take a few hundredths of a second on one thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from attention_core.config.model_config import ModelConfig
from attention_core.runtime.forward import before_layer
from ui.shared.product_threads import PRODUCT_THREADS

MOST_SHORT = 1.4e9  # multiplications of a short run; of MiniLM, 128 tokens, which take 30 ms
CHECK_INTERVAL = 0.1  # seconds between two signs of life of a visitor who waits
PATIENCE = 3.0  # seconds without one, after which a visitor no longer counts as waiting


class AbandonedError(Exception):
    """Nobody waits for this run any more."""


@dataclass(eq=False)
class LongRun:
    """A run that is waiting or under way.

    waiting: visitor -> when they last showed that they wait for it
    """

    result: Future[Any] = field(default_factory=Future)
    waiting: dict[str, float] = field(default_factory=dict)

    def check(self) -> None:
        """AbandonedError if nobody waits for this run any more."""
        now = time.monotonic()
        if all(now - seen > PATIENCE for seen in list(self.waiting.values())):
            raise AbandonedError


class LongRuns:
    """The queue of long runs: the first is under way, and the others wait."""

    def __init__(self) -> None:
        self._queue: list[LongRun] = []
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "long-run")

    def start(self, compute: Callable[[], Any], visitor: str) -> LongRun:
        """Put a run into the queue; the visitor no longer waits for an earlier one."""
        run = LongRun()
        with self._lock:
            for earlier in self._queue:
                earlier.waiting.pop(visitor, None)
            run.waiting[visitor] = time.monotonic()
            self._queue.append(run)
            self._worker.submit(self._compute, run, compute)
        return run

    def _compute(self, run: LongRun, compute: Callable[[], Any]) -> None:
        """Compute a run, until nobody waits for it."""
        before_layer.set(run.check)
        try:
            PRODUCT_THREADS.use(PRODUCT_THREADS.share())
            run.check()
            run.result.set_result(compute())
        except BaseException as error:
            run.result.set_exception(error)
        finally:
            PRODUCT_THREADS.use(1)
            with self._lock:
                self._queue.remove(run)
            del run, compute  # an error's traceback holds this frame, and the run holds the error

    def wait(self, run: LongRun, visitor: str, check: Callable[[int], None]) -> Any:
        """The result of a run; raises the error that ended it, AbandonedError if nobody waited for it.

        check: called every tenth of a second with the number of runs before this one; may raise to stop waiting
        """
        while True:
            with suppress(TimeoutError):
                return run.result.result(CHECK_INTERVAL)
            check(self._runs_before(run))
            run.waiting[visitor] = time.monotonic()

    def _runs_before(self, run: LongRun) -> int:
        """How many runs are before this one, the one under way included."""
        with self._lock:
            return self._queue.index(run) if run in self._queue else 0


LONG_RUNS = LongRuns()
"""The long runs of this process."""


def multiplications(config: ModelConfig, n_tokens: int) -> int:
    """The multiplications by the parameters of a model's layers in a run over so many tokens."""
    attention = 2 * (config.n_heads + config.n_kv_heads) * config.d_head * (2 if config.cross else 1)
    hidden = max(config.d_mlp, config.experts_per_token * config.d_expert)
    return n_tokens * config.n_layers * config.d_model * (attention + (3 if config.gated_mlp else 2) * hidden)
