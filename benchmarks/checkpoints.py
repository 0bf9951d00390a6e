"""Checkpoints of random numbers with the shapes of known models, written to a folder."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import FAMILIES
from attention_core.weights.tensors import INDEX, WEIGHTS
from tests.reference.make import tiny_tokenizer
from tests.small_tokenizers import write_tokenizer

WEIGHT_STD = 0.02
NOISE = 4_000_037  # numbers, a prime, so that no two rows of a matrix are the same


def write_checkpoint(folder: Path, raw: Mapping[str, Any], shards: int = 1) -> int:
    """Write a model in bfloat16 to a folder, as one file or as shards; returns the bytes of its numbers."""
    family = FAMILIES[raw["model_type"]]
    config = read_config(family, raw)
    shapes = {
        source.name: [math.prod(axis) for axis in factor_lengths(source, config)]
        for source in tensor_sources(family, config).values()
    }
    sizes = {name: 2 * math.prod(shape) for name, shape in shapes.items()}
    total, written = sum(sizes.values()), 0
    parts: list[list[str]] = [[] for _ in range(shards)]
    for name, size in sizes.items():
        parts[written * shards // total].append(name)
        written += size
    files = [WEIGHTS] if shards == 1 else [f"model-{i + 1}-of-{shards}.safetensors" for i in range(shards)]
    numbers = np.random.default_rng(0).standard_normal(NOISE, np.float32) * np.float32(WEIGHT_STD)
    noise = (numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    for file, names in zip(files, parts, strict=True):
        write_file(folder / file, {name: shapes[name] for name in names}, noise)
    if shards > 1:
        weight_map = {name: file for file, names in zip(files, parts, strict=True) for name in names}
        (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(raw))
    write_tokenizer(folder, tiny_tokenizer())
    return total


def write_file(path: Path, shapes: Mapping[str, list[int]], noise: bytes) -> None:
    """Write one safetensors file in bfloat16, filled with repeated noise."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    raw = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        for start in range(0, end, len(noise)):
            file.write(noise[: end - start])
