"""The time and the processor's time of a run with one thread and with all, for one visitor and for four at once.

Short runs take one thread: on the processor, they must not cost more than with all.
"""

import os
import statistics
import sys
import threading
import time

os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "24")  # as in the server; read when NumPy is first imported

import attention_core as ac
from ui.shared.product_threads import PRODUCT_THREADS

RUNS, PAUSE = 10, 0.05
TOKENS, VISITORS = (16, 64, 128, 256, 510), (1, 4)


def measure(model: ac.Model, n_tokens: int, visitors: int) -> tuple[float, float]:
    """The median milliseconds until all visitors have their runs, and the processor's milliseconds for each run."""
    text, times = "word " * (n_tokens - 2), []
    model.trace(text)
    before = time.process_time()
    for _ in range(RUNS):
        runs = [threading.Thread(target=model.trace, args=(text,)) for _ in range(visitors)]
        start = time.perf_counter()
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        times.append(1000 * (time.perf_counter() - start))
        time.sleep(PAUSE)
    return statistics.median(times), 1000 * (time.process_time() - before) / (RUNS * visitors)


def main() -> int:
    model, extra = ac.load("minilm"), 0.0
    print(f"visitors  tokens  1 thread: ms  CPU ms   {PRODUCT_THREADS.most} threads: ms  CPU ms")
    for visitors in VISITORS:
        for n_tokens in TOKENS:
            results = []
            for count in (1, PRODUCT_THREADS.most):
                PRODUCT_THREADS.use(count)
                results.append(measure(model, n_tokens, visitors))
            (one, cpu), (many, cpu_many) = results
            print(f"{visitors:8}  {n_tokens:6}  {one:12.1f}  {cpu:6.1f}  {many:13.1f}  {cpu_many:6.1f}", flush=True)
            if n_tokens == 128:
                extra = max(extra, cpu / cpu_many)
    print(f"128 tokens with one thread take {extra:.2f} of the processor's time with all (limit 1.00)")
    return extra > 1


if __name__ == "__main__":
    sys.exit(main())
