"""Small random reference models for images, and their preprocessing."""

import json

import numpy as np

from tests.oracle.references import Reference, randomize

SIZES = {
    "hidden_size": 35, "num_hidden_layers": 3, "num_attention_heads": 5, "intermediate_size": 53,
    "image_size": [15, 28], "patch_size": [5, 7], "id2label": {i: f"l{i}" for i in range(11)},
}  # fmt: skip
PREPARED = {
    "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "ViTImageProcessor", "image_std": [0.229, 0.224, 0.225], "resample": 2,
    "rescale_factor": 0.00392156862745098, "size": {"height": 15, "width": 28},
}  # fmt: skip
HOOKS = {
    "q": ("attention.q_proj", "output"), "k": ("attention.k_proj", "output"), "attn_out": ("attention", "output"),
    "resid_mid": ("layernorm_after", "input"), "mlp_in": ("mlp.fc1", "output"), "mlp_out": ("mlp", "output"),
}  # fmt: skip
WIDTH = {"width": lambda config: getattr(config, "head_dim", config.hidden_size // config.num_attention_heads)}

IMAGES: dict[str, Reference] = {
    "vit": Reference(
        "ViTConfig", "ViTForImageClassification", SIZES,
        # The default; no biases and square patches; one patch and wide heads; a remainder at the edge; no labels.
        ({}, {"qkv_bias": False, "image_size": 21, "patch_size": 3, "hidden_act": "relu"},
         {"image_size": [5, 7], "head_dim": 11, "num_attention_heads": 3, "layer_norm_eps": 1e-3},
         {"image_size": [17, 37], "num_attention_heads": 1}, {"id2label": None, "num_hidden_layers": 1}),
        "vit.layers", HOOKS, std=0.1, **WIDTH,
    ),
}  # fmt: skip
"""Variants are also created as ViTModel, with its pooler and without labels."""


def make(name, variant, folder, model=None, prepared=None, **more):
    """A reference model of a variant with random parameters, saved with its preprocessor configuration."""
    import torch
    import transformers

    import tests.oracle.capture  # noqa: F401 - registers the spy

    row = IMAGES[name]
    torch.manual_seed(variant)
    config = getattr(transformers, row.config)(**{**row.sizes, **row.variants[variant], **more})
    config._attn_implementation = "spy"
    reference = getattr(transformers, model or row.model)(config).eval()
    randomize(reference, row)
    reference.save_pretrained(folder, safe_serialization=True)
    height, width = np.broadcast_to(config.image_size, 2).tolist()
    preprocessor = PREPARED | {"size": {"height": height, "width": width}} | (prepared or {})
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return reference


def processor(folder):
    """The reference's own preprocessing, with Pillow."""
    from transformers import ViTImageProcessorPil

    raw = json.loads((folder / "preprocessor_config.json").read_text())
    return ViTImageProcessorPil(**{key: value for key, value in raw.items() if not key.endswith("_type")})


def draw_image(rng, height, width):
    """A random image: [height, width, 3], uint8."""
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
