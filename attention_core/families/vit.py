"""ViT: pre-norm, learned positions; its tokens are a class token and the patches of an image.

Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
"""

from typing import Any

from attention_core.config.image import ImageInput
from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.rules import biases, flags_to_biases, head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, Family, Rule, Source, Values

LAYER = "encoder.layer.{layer}."


def weight_and_bias(weight: str, module: str, layout: str) -> dict[str, Source]:
    """The weight of a matrix or a norm, and its bias."""
    return {
        weight: Source(f"{LAYER}{module}.weight", layout),
        weight.replace("W", "b", 1).replace("w_", "b_"): Source(f"{LAYER}{module}.bias", layout.split(", ")[0]),
    }


def height_and_width(values: Values, key: str) -> tuple[int, int]:
    """A height and a width, or one number for both."""
    size = values[key]
    both = [size, size] if is_integer(size, 1) else size
    if not isinstance(both, list) or len(both) != 2 or not all(is_integer(length, 1) for length in both):
        raise UnsupportedConfigError(f"{key} must be one or two whole numbers of at least 1, got {size!r}.")
    return both[0], both[1]


def image_patches(values: Values) -> dict[str, Any]:
    """The sizes of the image and its patches, and the number of tokens."""
    image = ImageInput(*height_and_width(values, "image_size"), *height_and_width(values, "patch_size"))
    if not image.n_patches:
        raise UnsupportedConfigError(
            f"Patches of {image.patch_height} × {image.patch_width} pixels do not fit into an image of "
            f"{image.height} × {image.width}."
        )
    return {"image": image, "n_ctx": 1 + image.n_patches}


def label_count(values: Values) -> dict[str, Any]:
    """The number of labels."""
    names, count = values.get("id2label"), values.get("num_labels")
    return {"d_vocab": len(names) if isinstance(names, dict) and names else count if is_integer(count, 1) else 2}


VIT = Family(
    model_type="vit",
    prefixes=("", "vit."),
    sizes={
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "d_model": "hidden_size",
        "d_mlp": "intermediate_size",
        "norm_eps": "layer_norm_eps",
    },
    defaults={
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "image_size": 224,
        "patch_size": 16,
        "qkv_bias": True,
    },
    traits={"causal": False, "norm_position": "pre", "final_norm": True, "head": "untied"},
    choices={"hidden_act": ACTIVATION_CHOICES},
    rules=(
        head_width("num_attention_heads", "hidden_size", "head_dim"),
        flags_to_biases(biases("qkv_bias", "b_Q", "b_K", "b_V"), always=frozenset({"b_O", "b_in", "b_out", "b_U"})),
        Rule(("image_size", "patch_size"), image_patches),
        Rule(("id2label", "num_labels"), label_count),
    ),
    required={"num_channels": (3,)},
    harmless=frozenset([
        "attention_probs_dropout_prob", "encoder_stride", "hidden_dropout_prob", "pooler_act", "pooler_output_size",
    ]),
    tensors={
        "W_patch": Source("embeddings.patch_embeddings.projection.weight", "model, colour, patch_row, patch_column"),
        "b_patch": Source("embeddings.patch_embeddings.projection.bias", "model"),
        "W_cls": Source("embeddings.cls_token", "1, 1, model"),
        "W_pos": Source("embeddings.position_embeddings", "1, position_id, model"),
        **weight_and_bias("w_attn", "layernorm_before", "model"),
        **weight_and_bias("W_Q", "attention.attention.query", "head*dim, model"),
        **weight_and_bias("W_K", "attention.attention.key", "head*dim, model"),
        **weight_and_bias("W_V", "attention.attention.value", "head*dim, model"),
        **weight_and_bias("W_O", "attention.output.dense", "model, head*dim"),
        **weight_and_bias("w_mlp", "layernorm_after", "model"),
        **weight_and_bias("W_in", "intermediate.dense", "mlp, model"),
        **weight_and_bias("W_out", "output.dense", "model, mlp"),
        "w_final": Source("layernorm.weight", "model"),
        "b_final": Source("layernorm.bias", "model"),
        "W_U": Source("classifier.weight", "vocab, model"),
        "b_U": Source("classifier.bias", "vocab"),
    },
    unused=("pooler.dense.*", "embeddings.mask_token", "decoder.0.*"),
)  # fmt: skip
