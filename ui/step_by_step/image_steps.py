"""The first steps of self-attention for a model that reads images: from pixels to patches to embeddings."""

from __future__ import annotations

from attention_core.config.image import ImageInput
from ui.step_by_step.focus import Focus, most_similar, two_decimals
from ui.step_by_step.steps import STEPS, AttentionStep


def image_input(focus: Focus) -> ImageInput:
    """The size of the image and of its patches."""
    image = focus.attention.config.image
    assert image is not None
    return image


def observe_image(focus: Focus) -> str:
    image = image_input(focus)
    return (
        f"{image.height} × {image.width} pixels in three colours. The image was resized with the filter "
        f"“{image.filter}”, as this model’s preprocessor specifies."
    )


def observe_patches(focus: Focus) -> str:
    image = image_input(focus)
    return (
        f"{image.rows} rows of {image.columns} patches. Each patch has {image.patch_height} × {image.patch_width} "
        f"pixels: {image.n_values} numbers. Before the patches comes [CLS], a trained token without a patch."
    )


def observe_embedded_patches(focus: Focus) -> str:
    closest = most_similar(focus.attention.trace.array("embedding", None), focus.query)
    if closest is None:
        return "There is only one token, so there is nothing to compare it with."
    other, cosine = closest
    return (
        f"Before any attention, the token most similar to {focus.query_token} is {focus.quoted_query(other)} (cosine "
        f"{two_decimals(cosine)}). So far only the patch itself and its position count, not the patches around it."
    )


IMAGE_STEPS: tuple[AttentionStep, ...] = (
    AttentionStep("text", "Image", (), "The image, at the size that the model reads.", observe_image),
    AttentionStep("tokens", "Patches", (), "The image is split into patches. The patches are its tokens.",
                  observe_patches),
    AttentionStep("embeddings", "Embeddings", ("normalized", "patch_embedding", "embedding"),
                  "Each pixel is normalized. The numbers of each patch are multiplied by a trained matrix, and the "
                  "patch’s position embedding is added.", observe_embedded_patches),
    *STEPS[3:],
)  # fmt: skip
