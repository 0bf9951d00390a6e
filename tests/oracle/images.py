"""Small random reference models that read images, and how they are run."""

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
        # The plain form; no biases and square patches; one patch, a narrow head; pixels at the edge that none reads.
        ({}, {"qkv_bias": False, "image_size": 21, "patch_size": 3, "hidden_act": "relu"},
         {"image_size": [5, 7], "head_dim": 11, "num_attention_heads": 3, "layer_norm_eps": 1e-3},
         {"image_size": [17, 37], "num_attention_heads": 1}, {"id2label": None, "num_hidden_layers": 1}),
        "vit.layers", HOOKS, spread=0.1, **WIDTH,
    ),
}  # fmt: skip
"""Beside these, variants are made as ViTModel, with its pooler and without labels."""


def make(name, variant, folder, model=None, prepared=None, **more):
    """A reference model of a variant, all its numbers random, saved as safetensors beside its preprocessor."""
    import torch
    import transformers

    import tests.oracle.capture  # noqa: F401, which makes the spy known

    row = IMAGES[name]
    torch.manual_seed(variant)
    config = getattr(transformers, row.config)(**{**row.sizes, **row.variants[variant], **more})
    config._attn_implementation = "spy"
    made = getattr(transformers, model or row.model)(config).eval()
    randomize(made, row)
    made.save_pretrained(folder, safe_serialization=True)
    height, width = np.broadcast_to(config.image_size, 2).tolist()
    said = PREPARED | {"size": {"height": height, "width": width}} | (prepared or {})
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return made


def processor(folder):
    """The reference's own preprocessing, by Pillow."""
    from transformers import ViTImageProcessorPil

    said = json.loads((folder / "preprocessor_config.json").read_text())
    return ViTImageProcessorPil(**{key: value for key, value in said.items() if not key.endswith("_type")})


def draw_image(draw, height, width):
    """A random image: [height, width, 3], uint8."""
    return draw.integers(0, 256, (height, width, 3), dtype=np.uint8)
