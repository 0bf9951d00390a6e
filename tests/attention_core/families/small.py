"""Small models of a configuration with random weights, without a checkpoint or the reference."""

import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import family_of
from attention_core.loading import build_model
from attention_core.text.tokenizer import read_tokenizer_json
from attention_core.weights.tensors import WEIGHTS, Tensors
from tests.paths import BERT

TOKENIZER = BERT / "tokenizer.json"


def written(folder, tensors):
    """Write tensors to a folder as a checkpoint, and open it."""
    save_file(tensors, folder / WEIGHTS)
    return Tensors(folder)


def small(raw):
    """A model of a raw configuration."""
    family = family_of(raw)
    config = read_config(family, raw)
    draw, tensors = np.random.default_rng(0), {}
    for source in tensor_sources(family, config).values():
        shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
        tensors[source.name] = draw.normal(0, 0.3, shape).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        return build_model(family, config, written(Path(folder), tensors), read_tokenizer_json(TOKENIZER), "small")
