"""Random models as folders, made without torch: a configuration, weights and a tokenizer of 101 words."""

import json
from math import prod
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from attention_core.families.convert import factor_lengths, read_config, tensor_sources
from attention_core.families.registry import family_of

T5 = {
    "model_type": "t5", "is_encoder_decoder": True, "vocab_size": 101, "d_model": 37, "d_kv": 7, "d_ff": 53,
    "num_layers": 3, "num_decoder_layers": 2, "num_heads": 5, "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 17, "decoder_start_token_id": 0, "eos_token_id": 1,
}  # fmt: skip
WORDS = ["<pad>", "</s>", "<unk>", *(f"w{i}" for i in range(98))]


def random_folder(folder: Path, raw: dict, seed: int = 0, spread: float = 0.3) -> Path:
    """A model of a configuration, all its weights random, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    family, tensors = family_of(raw), {}
    for side in filter(None, (family.encoder, family)):
        config = read_config(side, raw)
        for source in tensor_sources(side, config).values():
            shape = [prod(axis) for axis in factor_lengths(source, config)]
            centre = float(len(shape) == 1)
            tensors.setdefault(source.name, draw.normal(centre, spread, shape).astype(np.float32))
    (folder / "config.json").write_text(json.dumps(raw))
    (folder / "tokenizer.json").write_text(tokenizer())
    save_file(tensors, folder / "model.safetensors")
    return folder


def tokenizer() -> str:
    """A tokenizer of words that ends each text with </s>, as its file."""
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens([AddedToken(word, special=True) for word in WORDS[:3]])
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return made.to_str()
