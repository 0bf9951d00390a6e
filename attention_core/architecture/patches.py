"""Vision Transformers, declared: from pixels to the first layer, and from the class token to the labels.

Source: Dosovitskiy et al. 2020, section 3.1, https://arxiv.org/abs/2010.11929
"""

from __future__ import annotations

from attention_core.architecture.declare import stage
from attention_core.computation.stage import Stage
from attention_core.config.image import ImageInput
from attention_core.config.model_config import ModelConfig
from attention_core.ops.basic import Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add
from attention_core.ops.images import FirstRow, Prepend, Standardize

PIXEL_NOTE = "A pixel of the image, from 0 to 255."
NORMALIZATION_NOTE = "From preprocessor_config.json: the normalization of images that the model was trained with."


def patch_stages(image: ImageInput) -> list[Stage]:
    """From the pixels to the input of the first layer."""
    divided = f"pixel ÷ {image.divisor:g}" if image.divisor != 1 else "pixel"
    return [
        stage("pixel[patch, value]", Input(PIXEL_NOTE), title="Pixels"),
        stage("mean[colour]", Input(NORMALIZATION_NOTE), title="Means"),
        stage("std[colour]", Input(NORMALIZATION_NOTE), title="Standard deviations"),
        stage("normalized[patch, value]", Standardize(image.divisor), "pixel[patch, value]", "mean[colour]",
              "std[colour]", title="Pixels, normalized", equation=f"({divided} − mean) ÷ std"),
        stage("patch_embedding[patch, model]", Einsum(), "normalized[patch, value]", "W_patch[value, model]",
              "b_patch[model]", title="Patch embeddings", equation="normalized · W_patch + b_patch"),
        stage("joined[position, model]", Prepend(), "W_cls[model]", "patch_embedding[patch, model]", inline=True,
              title="Class token, then patches", equation="W_cls, then each patch"),
        stage("embedding[position, model]", Add(), "joined[position, model]", "W_pos[position_id, model]",
              title="Patch and position embeddings added", equation="embedding = patch + W_pos[position]"),
    ]  # fmt: skip


def label_stages(config: ModelConfig) -> list[Stage]:
    """The logits of the labels, computed from the class token."""
    bias = ["b_U[vocab]"] if "b_U" in config.biases else []
    return [
        stage("class[model]", FirstRow(), "contextual[position, model]", title="Class token",
              equation="contextual of [CLS]"),
        stage("logits[vocab]", Einsum(), "class[model]", "W_U[vocab, model]", *bias, title="Label logits",
              equation="logits = class · W_U" + (" + b_U" if bias else "")),
    ]  # fmt: skip
