"""A small random ViT, written without torch."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import FAMILIES

SIZES = {
    "model_type": "vit", "hidden_size": 35, "num_hidden_layers": 2, "num_attention_heads": 5, "intermediate_size": 53,
    "image_size": [40, 56], "patch_size": [10, 8], "id2label": {"0": "circle", "1": "square", "2": "house"},
}  # fmt: skip
PREPROCESSOR = {
    "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 1 / 255, "size": {"height": 40, "width": 56},
}  # fmt: skip


def write_vit(folder: Path, **changed: object) -> Path:
    """A folder with a random ViT for images of 40 × 56 pixels in 4 × 7 patches of 10 × 8 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = SIZES | changed
    config, rng = read_config(FAMILIES["vit"], raw), np.random.default_rng(7)
    tensors = {}
    for (name, _), source in tensor_sources(FAMILIES["vit"], config).items():
        shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
        tensors[source.name] = rng.normal(1.0 if name.startswith("w_") else 0.0, 0.3, shape).astype(np.float32)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(raw))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    return folder
