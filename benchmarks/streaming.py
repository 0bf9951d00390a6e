"""The memory and time of streamed models, none of whose weights are kept in memory.

Memory is the peak of a separate process. Time is compared with that of reading the layers' bytes, of dequantizing them
and of the bare matrix products, one after the other. The models have 1.1 billion parameters in bfloat16, and 8 billion
in 4 bits (Q4_0, in a GGUF file).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np

import attention_core as ac
from attention_core.weights.memory import SETTING
from benchmarks.checkpoints import write_checkpoint, write_gguf
from benchmarks.timing import bare_products, milliseconds

CONFIG = {
    "model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "num_hidden_layers": 22,
    "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632, "max_position_embeddings": 2048,
}  # fmt: skip
EIGHT_BILLION = CONFIG | {
    "vocab_size": 128256, "hidden_size": 4096, "num_hidden_layers": 32, "num_key_value_heads": 8,
    "intermediate_size": 14336, "rms_norm_eps": 1e-5,
}  # fmt: skip
TOKENS, RUNS = 32, 5
GGUF_TOKENS, GGUF_RUNS = 16, 1
MEMORY_LIMIT, GGUF_MEMORY_LIMIT, TIME_LIMIT = 1 / 4, 2e9, 1.5  # the first of the checkpoint's bytes
ROW_BYTES = 1 << 17
CHILD = """
import resource, sys
import attention_core as ac
ac.load(sys.argv[1]).trace(ids=list(range(int(sys.argv[2]))))
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


def dequantizing(path: Path) -> Callable[[], None]:
    """A function that reads and dequantizes every layer of a GGUF file, a few rows at a time."""
    tensors = [tensor for tensor in gguf.GGUFReader(path).tensors if tensor.name.startswith("blk.")]

    def run() -> None:
        for tensor in tensors:
            rows = max(1, ROW_BYTES // tensor.data.strides[0]) if tensor.data.ndim == 2 else len(tensor.data)
            for start in range(0, len(tensor.data), rows):
                gguf.dequantize(np.array(tensor.data[start : start + rows]), tensor.tensor_type)

    return run


def peak_memory(path: Path, tokens: int) -> int:
    """The most memory of a process that traces a model, in bytes."""
    command = [sys.executable, "-c", CHILD, str(path), str(tokens)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def report(name: str, value: float, limit: float, words: str) -> bool:
    """Print a measured value beside its limit; returns whether it is over."""
    print(f"{name:8} {value:.3f} (limit {limit}) {'over' if value > limit else 'ok'}: {words}")
    return value > limit


def report_time(model: ac.Model, tokens: int, how: str, read: Callable[[], None], sets: int, runs: int) -> bool:
    """Compare a run's time with that of reading the weights and of the bare products; returns whether it is over.

    read: reads the weights, as `how` says
    """
    took = milliseconds({
        "ours": lambda: model.trace(ids=list(range(tokens))),
        "read": read,
        "bare": bare_products(model.config, tokens, sets=sets),
    }, runs)  # fmt: skip
    words = f"{took['ours']:.0f} ms; {how} {took['read']:.0f} ms, bare products {took['bare']:.0f} ms"
    return report("time", took["ours"] / (took["read"] + took["bare"]), TIME_LIMIT, words)


def half_precision(folder: Path) -> int:
    """Measure the model in bfloat16; returns how many values are over their limits."""
    size = write_checkpoint(folder, CONFIG, shards=3)
    print(f"{size / 2e9:.2f} billion parameters, {size / 1e9:.2f} GB, {TOKENS} tokens")
    peak, model = peak_memory(folder, TOKENS), ac.load(folder)
    return report("memory", peak / size, MEMORY_LIMIT, f"{peak / 1e6:.0f} MB at most, of {size / 1e6:.0f} MB") + (
        report_time(model, TOKENS, "reading", reading_all_bytes(folder), 2, RUNS)
    )


def four_bits(path: Path) -> int:
    """Measure the model in 4 bits; returns how many values are over their limits."""
    count = write_gguf(path, EIGHT_BILLION)
    print(f"{count / 1e9:.2f} billion parameters, {path.stat().st_size / 1e9:.2f} GB, {GGUF_TOKENS} tokens")
    peak, model = peak_memory(path, GGUF_TOKENS), ac.load(path)
    return report("memory", peak / 1e9, GGUF_MEMORY_LIMIT / 1e9, f"{peak / 1e6:.0f} MB at most") + (
        report_time(model, GGUF_TOKENS, "reading and dequantizing", dequantizing(path), 1, GGUF_RUNS)
    )


def main() -> int:
    os.environ[SETTING] = "0"
    with tempfile.TemporaryDirectory() as path:
        missed = half_precision(Path(path))
    with tempfile.TemporaryDirectory() as path:
        missed += four_bits(Path(path) / "model.gguf")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
