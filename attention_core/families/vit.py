"""ViT: pre-norm, learned positions, the tokens being the patches of an image, a class token before them.

Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
"""

from typing import Any

from attention_core.config.image import ImageInput
from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.rules import biases, flags_to_biases, shared_width
from attention_core.families.reading.schema import ACTIVATIONS, Family, Rule, Source, Values

LAYER = "encoder.layer.{layer}."


def linear(weight: str, module: str, layout: str) -> dict[str, Source]:
    """A matrix and its bias, or a norm's."""
    return {
        weight: Source(f"{LAYER}{module}.weight", layout),
        weight.replace("W", "b", 1).replace("w_", "b_"): Source(f"{LAYER}{module}.bias", layout.split(", ")[0]),
    }


def pair(values: Values, key: str) -> tuple[int, int]:
    """A height and a width, or one number for both."""
    found = values[key]
    both = [found, found] if is_integer(found, 1) else found
    if not isinstance(both, list) or len(both) != 2 or not all(is_integer(each, 1) for each in both):
        raise UnsupportedConfigError(f"{key} must be a whole number of at least 1, or two, got {found!r}.")
    return both[0], both[1]


def cut(values: Values) -> dict[str, Any]:
    """The image's size and its patches, and how many tokens they make."""
    image = ImageInput(*pair(values, "image_size"), *pair(values, "patch_size"))
    if not image.n_patches:
        raise UnsupportedConfigError(
            f"Patches of {image.patch_height} × {image.patch_width} pixels do not fit into an image of "
            f"{image.height} × {image.width}."
        )
    return {"image": image, "n_ctx": 1 + image.n_patches}


def labels(values: Values) -> dict[str, Any]:
    """How many labels there are."""
    named, count = values.get("id2label"), values.get("num_labels")
    return {"d_vocab": len(named) if isinstance(named, dict) and named else count if is_integer(count, 1) else 2}


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
    choices={"hidden_act": ACTIVATIONS},
    rules=(
        shared_width("num_attention_heads", "hidden_size", "head_dim"),
        flags_to_biases(biases("qkv_bias", "b_Q", "b_K", "b_V"), always=frozenset({"b_O", "b_in", "b_out", "b_U"})),
        Rule(("image_size", "patch_size"), cut),
        Rule(("id2label", "num_labels"), labels),
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
        **linear("w_attn", "layernorm_before", "model"),
        **linear("W_Q", "attention.attention.query", "head*dim, model"),
        **linear("W_K", "attention.attention.key", "head*dim, model"),
        **linear("W_V", "attention.attention.value", "head*dim, model"),
        **linear("W_O", "attention.output.dense", "model, head*dim"),
        **linear("w_mlp", "layernorm_after", "model"),
        **linear("W_in", "intermediate.dense", "mlp, model"),
        **linear("W_out", "output.dense", "model, mlp"),
        "w_final": Source("layernorm.weight", "model"),
        "b_final": Source("layernorm.bias", "model"),
        "W_U": Source("classifier.weight", "vocab, model"),
        "b_U": Source("classifier.bias", "vocab"),
    },
    unused=("pooler.dense.*", "embeddings.mask_token", "decoder.0.*"),
)  # fmt: skip
