"""Random checkpoints of any family, written without torch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, part_names, tensor_sources
from attention_core.families.registry import family_of
from tests.reference.make import tiny_tokenizer
from tests.small_tokenizers import write_tokenizer

GPT2 = {
    "model_type": "gpt2", "vocab_size": 101, "n_embd": 35, "n_layer": 3, "n_head": 5, "n_inner": 53, "n_positions": 43,
}  # fmt: skip
LLAMA = {
    "model_type": "llama", "vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 3, "num_attention_heads": 6,
    "head_dim": 10, "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43,
}  # fmt: skip
SLIDING = LLAMA | {"model_type": "mistral", "sliding_window": 5}
GPT_OSS = LLAMA | {
    "model_type": "gpt_oss", "num_local_experts": 7, "num_experts_per_tok": 3, "sliding_window": 5, "swiglu_limit": 0.6,
}  # fmt: skip
# Each position beyond the 11th changes the rotation of all positions.
DYNAMIC = LLAMA | {"max_position_embeddings": 11, "rope_scaling": {"rope_type": "dynamic", "factor": 4.0}}
T5 = {
    "model_type": "t5", "vocab_size": 101, "d_model": 37, "d_kv": 7, "d_ff": 53, "num_layers": 3,
    "num_decoder_layers": 2, "num_heads": 5, "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 17, "decoder_start_token_id": 0, "eos_token_id": 1,
}  # fmt: skip
VOCABULARY = ["<pad>", "</s>", "<unk>", *(f"w{i}" for i in range(98))]


def write_pair(folder: Path, raw: dict[str, Any], seed: int = 0) -> Path:
    """A folder with an encoder–decoder and a tokenizer that ends every text with </s>."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in VOCABULARY[:3]])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return write_model(folder, raw, seed, tokenizer.to_str())


def write_model(
    folder: Path, raw: dict[str, Any], seed: int = 0, tokenizer: str | None = None, std: float = 0.3
) -> Path:
    """A folder with the given configuration, random weights and a tokenizer, by default one of 101 words.

    std: the standard deviation of the weights
    """
    family, rng = family_of(raw), np.random.default_rng(seed)
    before = "" if "" in family.prefixes else family.prefixes[0]
    tensors: dict[str, np.ndarray] = {}
    for side in filter(None, (family, family.encoder)):
        config = read_config(side, raw)
        for (canonical, _), source in tensor_sources(side, config).items():
            shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
            for name in part_names(source.name, config):
                weight = rng.normal(1 if canonical.startswith("w_") else 0, std, shape).astype(np.float32)
                tensors.setdefault(before + name, weight)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(raw))
    write_tokenizer(folder, tokenizer or tiny_tokenizer())
    save_file(tensors, folder / "model.safetensors")
    return folder
