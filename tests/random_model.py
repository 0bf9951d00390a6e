"""Checkpoints of any family with random numbers, written without torch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from attention_core.families.convert import factor_lengths, read_config, tensor_sources
from attention_core.families.registry import family_of
from tests.reference.make import tiny_tokenizer

GPT2 = {
    "model_type": "gpt2", "vocab_size": 101, "n_embd": 35, "n_layer": 3, "n_head": 5, "n_inner": 53, "n_positions": 43,
}  # fmt: skip
LLAMA = {
    "model_type": "llama", "vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 3, "num_attention_heads": 6,
    "head_dim": 10, "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43,
}  # fmt: skip
SLIDING = LLAMA | {"model_type": "mistral", "sliding_window": 5}
# Every place beyond the 11th turns all the others otherwise.
DYNAMIC = LLAMA | {"max_position_embeddings": 11, "rope_scaling": {"rope_type": "dynamic", "factor": 4.0}}


def write_model(folder: Path, raw: dict[str, Any], seed: int = 0, tokenizer: str | None = None) -> Path:
    """A folder with a configuration as it is given, random weights and a tokenizer of 101 words."""
    family, draw = family_of(raw), np.random.default_rng(seed)
    config = read_config(family, raw)
    tensors = {}
    for (name, _), source in tensor_sources(family, config).items():
        shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
        tensors[source.name] = draw.normal(1 if name.startswith("w_") else 0, 0.3, shape).astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(raw))
    (folder / "tokenizer.json").write_text(tokenizer or tiny_tokenizer())
    save_file(tensors, folder / "model.safetensors")
    return folder
