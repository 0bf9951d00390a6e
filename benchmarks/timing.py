"""Shared by the benchmarks: medians of runs in turn, and the matrix products that a model needs at least."""

import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np

from attention_core.config.model_config import ModelConfig

PAUSE = 0.15  # seconds, in which the threads of the previous run go to sleep: OpenBLAS's wait actively for a tenth


def milliseconds(runs: Mapping[str, Callable[[], object]], count: int) -> dict[str, float]:
    """The median time of each run over `count` rounds, in milliseconds; all run in turn.

    An extra run before each measured one wakes its threads and puts each on a core.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(count):
        for name, run in runs.items():
            time.sleep(PAUSE)
            run()
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(measured) for name, measured in times.items()}


def bare_products(config: ModelConfig, n: int, sets: int | None = None) -> Callable[[], None]:
    """The matrix products of a forward pass over n tokens, and nothing else; cross-attention reads n tokens too.

    sets: the number of layers with distinct matrices; all if None
    """
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    heads, width, d_model = config.n_heads, config.d_head, config.d_model
    d_heads, d_keys = heads * width, config.n_kv_heads * width
    resid, z, hidden = random(n, d_model), random(n, d_heads), random(n, config.d_mlp)
    q, k, pattern, v = random(heads, n, width), random(heads, width, n), random(heads, n, n), random(heads, n, width)
    shapes = [(resid, d_heads + 2 * d_keys), (z, d_model)]
    shapes += [(resid, d_heads), (resid, 2 * d_keys), (z, d_model)] if config.cross else []
    shapes += [(resid, config.d_mlp)] * (2 if config.gated_mlp else 1) + [(hidden, d_model)]
    matrices = [[random(x.shape[1], columns) for x, columns in shapes] for _ in range(sets or config.n_layers)]

    def run() -> None:
        for layer in range(config.n_layers):
            for (x, _), matrix in zip(shapes, matrices[layer % len(matrices)], strict=True):
                _ = x @ matrix
            for _ in range(1 + config.cross):
                np.matmul(q, k)
                np.matmul(pattern, v)

    return run
