"""Small models of a configuration, their weights drawn at random, without a checkpoint or the reference."""

from pathlib import Path

import numpy as np

from attention_core.families.convert import convert, factor_lengths, read_config, tensor_sources
from attention_core.families.registry import family_of
from attention_core.model import Model
from attention_core.tokenizer import Tokenizer
from attention_core.weights import Weights

TOKENIZER = Path(__file__).parents[2] / "reference" / "bert" / "tokenizer.json"


def small(raw):
    """A model of a configuration as it stands in a file."""
    family = family_of(raw)
    config = read_config(family, raw)
    draw, tensors = np.random.default_rng(0), {}
    for source in tensor_sources(family, config).values():
        shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
        tensors[source.name] = draw.normal(0, 0.3, shape).astype(np.float32)
    weights, sources = convert(family, config, tensors)
    return Model("small", config, Weights(config, weights), Tokenizer(TOKENIZER), sources)
