"""The runs of this process, shared by all sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import attention_core as ac
from ui.shared.long_runs import LONG_RUNS, AbandonedError, LongRun

Run = ac.Trace | ac.EncoderDecoderTrace
MOST_BYTES = 128 << 20
MOST_RUNS = 256


class RunCache:
    """The latest runs; the least recently used ones are dropped.

    Their residual streams take at most MOST_BYTES; the latest run is kept, whatever its size.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, ...], Run] = {}  # the most recently used one last
        self._under_way: dict[tuple[str, ...], LongRun] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> Run | None:
        """The run with this key, of which the first entry is the model's name; None if it has to be computed."""
        with self._lock:
            if run := self._runs.pop(key, None):
                self._runs[key] = run
            return run

    def put(self, key: tuple[str, ...], run: Run) -> Run:
        """Keep a run; returns it."""
        with self._lock:
            self._runs[key] = run
            size = sum(map(size_of, self._runs.values()))
            for oldest in list(self._runs)[:-1]:
                if size <= MOST_BYTES and len(self._runs) <= MOST_RUNS:
                    break
                size -= size_of(self._runs.pop(oldest))
        return run

    def compute_long(
        self, key: tuple[str, ...], compute: Callable[[], Run], visitor: str, check: Callable[[int], None]
    ) -> Run:
        """Compute a run in its turn, once for all visitors who wait for it; see `LongRuns.wait`."""
        while True:
            with self._lock:
                run = self._under_way.get(key)
                if run is None:
                    run = self._under_way[key] = LONG_RUNS.start(lambda: self.put(key, compute()), visitor)
                    run.result.add_done_callback(lambda _: self._under_way.pop(key))
            with suppress(AbandonedError):  # by the visitors before this one: start again
                return LONG_RUNS.wait(run, visitor, check)

    def forget(self, model: str) -> None:
        """Drop the runs of a model."""
        with self._lock:
            for key in [key for key in self._runs if key[0] == model]:
                del self._runs[key]


def size_of(run: Run) -> int:
    """The bytes of a run's residual streams."""
    traces = [run] if isinstance(run, ac.Trace) else [run.encoder, run.decoder]
    return sum(trace.resid.nbytes for trace in traces)


RUNS = RunCache()
"""The runs of this process."""
