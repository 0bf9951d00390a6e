"""The forward pass against torch's eager model and against its own bare matrix products.

One process, two threads for all, run in turn; a pause before each run lets the workers of the one
before go to sleep. All patterns are computed on both sides.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import attention_core as ac
from attention_core.catalogue import CATALOGUE
from attention_core.checkpoint import find

LENGTHS = {16: 0.75, 64: 0.6, 128: 0.6, 256: 0.6, 512: 0.75}  # tokens -> most of torch's time
BARE_LIMIT, BARE_FROM = 1.25, 128
RUNS, PAUSE = 15, 0.06


def bare_products(model: ac.Model, n: int) -> Callable[[], None]:
    """The matrix products of a forward pass over n tokens, and nothing else."""
    config, draw = model.config, np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return draw.normal(size=shape).astype(np.float32)

    x, hidden = random(n, config.d_model), random(n, config.d_mlp)
    q, k = random(config.n_heads, n, config.d_head), random(config.n_heads, config.d_head, n)
    pattern, v = random(config.n_heads, n, n), random(config.n_heads, n, config.d_head)

    def run() -> None:
        for layer in range(config.n_layers):
            _ = x @ model.weights.joined("q", layer)[0]
            np.matmul(q, k)
            np.matmul(pattern, v)
            _ = x @ model.parameter("W_O", layer).reshape(-1, config.d_model)
            _ = x @ model.parameter("W_in", layer)
            _ = hidden @ model.parameter("W_out", layer)

    return run


def milliseconds(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median time of each, all run in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(RUNS):
        for name, run in runs.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(each) for name, each in times.items()}


def main() -> int:
    import torch
    from transformers import AutoModel

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    model = ac.load("minilm")
    theirs = AutoModel.from_pretrained(find(CATALOGUE["minilm"]), attn_implementation="eager", dtype="float32").eval()
    missed = 0
    print("tokens   ours ms  torch ms   bare ms  of torch (limit)  of bare (limit)")
    for n, limit in LENGTHS.items():
        ids = np.random.default_rng(n).integers(1000, 20000, n).tolist()
        inputs = torch.tensor([ids])
        took = milliseconds({
            "ours": lambda ids=ids: model.trace(ids=ids),
            "bare": bare_products(model, n),
            "torch": lambda inputs=inputs: theirs(input_ids=inputs, output_attentions=True),
        })  # fmt: skip
        of_torch, of_bare = took["ours"] / took["torch"], took["ours"] / took["bare"]
        bare_limit = f"({BARE_LIMIT})" if n >= BARE_FROM else ""
        print(f"{n:6} {took['ours']:9.2f} {took['torch']:9.2f} {took['bare']:9.2f}"
              f"      {of_torch:.2f} ({limit})        {of_bare:.2f} {bare_limit}")  # fmt: skip
        missed += of_torch > limit or (n >= BARE_FROM and of_bare > BARE_LIMIT)
    print(f"{missed} of {len(LENGTHS)} lengths miss a limit" if missed else "all limits kept")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
