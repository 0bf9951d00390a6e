"""Checkpoints of random numbers with the shapes of known models, written to a folder."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import FAMILIES
from attention_core.gguf.names import gguf_family
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


def write_gguf(path: Path, raw: Mapping[str, Any]) -> int:
    """Write a Llama in Q4_0 to a GGUF file; returns the number of its parameters."""
    config = read_config(FAMILIES["llama"], raw)
    sources = tensor_sources(gguf_family(FAMILIES["llama"], ()), config).values()
    shapes = {source.name: [math.prod(axis) for axis in factor_lengths(source, config)] for source in sources}
    numbers = np.random.default_rng(0).standard_normal(NOISE // 32 * 32, np.float32) * np.float32(WEIGHT_STD)
    noise = gguf.quantize(numbers, gguf.GGMLQuantizationType.Q4_0)
    writer = gguf.GGUFWriter(path, "llama")
    for add, key in (
        (writer.add_block_count, "num_hidden_layers"), (writer.add_context_length, "max_position_embeddings"),
        (writer.add_embedding_length, "hidden_size"), (writer.add_feed_forward_length, "intermediate_size"),
        (writer.add_head_count, "num_attention_heads"), (writer.add_head_count_kv, "num_key_value_heads"),
        (writer.add_layer_norm_rms_eps, "rms_norm_eps"),
    ):  # fmt: skip
        add(raw[key])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(["a", "b", "ab"])
    writer.add_token_merges(["a b"])
    for name, shape in shapes.items():
        matrix = len(shape) == 2
        kind = gguf.GGMLQuantizationType.Q4_0 if matrix else gguf.GGMLQuantizationType.F32
        size = math.prod(shape) // 32 * 18 if matrix else 4 * math.prod(shape)
        writer.add_tensor_info(name, shape, np.dtype(np.float32), size, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for shape in shapes.values():
        size = math.prod(shape) // 32 * 18
        writer.write_tensor_data(np.resize(noise, size) if len(shape) == 2 else np.ones(shape, np.float32))
    writer.close()
    return sum(map(math.prod, shapes.values()))


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
