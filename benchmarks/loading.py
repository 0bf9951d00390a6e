"""The time to import the library and load MiniLM in a new process: at most 2.5 s."""

import statistics
import subprocess
import sys
import time

LIMIT, RUNS = 2.5, 5


def main() -> int:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import attention_core as ac; ac.load('minilm')"], check=True)
        times.append(time.perf_counter() - start)
    print(f"import and load: {statistics.median(times):.2f} s (limit {LIMIT})")
    return bool(statistics.median(times) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
