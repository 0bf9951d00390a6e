"""The memory and time of a streamed model: 1.1 billion parameters in bfloat16, none kept in memory.

Memory is the peak of a separate process. Time is compared with that of reading the checkpoint's bytes and of the bare
matrix products, one after the other.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import attention_core as ac
from attention_core.weights.memory import SETTING
from benchmarks.checkpoints import write_checkpoint
from benchmarks.timing import bare_products, milliseconds

CONFIG = {
    "model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "num_hidden_layers": 22,
    "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632, "max_position_embeddings": 2048,
}  # fmt: skip
TOKENS, RUNS = 32, 5
MEMORY_LIMIT, TIME_LIMIT = 1 / 4, 1.5
CHILD = f"""
import resource, sys
import attention_core as ac
ac.load(sys.argv[1]).trace(ids=list(range({TOKENS})))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def reading_all_bytes(folder: Path) -> Callable[[], None]:
    """A function that reads every byte of the checkpoint."""
    buffer = np.empty(1 << 20, np.uint8)

    def run() -> None:
        for path in folder.glob("*.safetensors"):
            with path.open("rb", buffering=0) as file:
                while file.readinto(buffer.data):
                    pass

    return run


def main() -> int:
    os.environ[SETTING] = "0"
    missed = 0
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        size = write_checkpoint(folder, CONFIG, shards=3)
        print(f"{size / 2e9:.2f} billion parameters, {size / 1e9:.2f} GB, {TOKENS} tokens")
        child = subprocess.run([sys.executable, "-c", CHILD, path], check=True, capture_output=True, text=True)
        peak = int(child.stdout)
        model = ac.load(folder)
        took = milliseconds({
            "ours": lambda: model.trace(ids=list(range(TOKENS))),
            "reading": reading_all_bytes(folder),
            "bare": bare_products(model.config, TOKENS, sets=2),
        }, RUNS)  # fmt: skip
    ratio = took["ours"] / (took["reading"] + took["bare"])
    for name, value, limit, words in (
        ("memory", peak / size, MEMORY_LIMIT, f"{peak / 1e6:.0f} MB at most, of {size / 1e6:.0f} MB"),
        ("time", ratio, TIME_LIMIT,
         f"{took['ours']:.0f} ms; reading {took['reading']:.0f} ms, bare products {took['bare']:.0f} ms"),
    ):  # fmt: skip
        missed += value > limit
        print(f"{name:8} {value:.3f} (limit {limit}) {'over' if value > limit else 'ok'}: {words}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
