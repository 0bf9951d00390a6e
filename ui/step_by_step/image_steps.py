"""The first steps of self-attention where a model reads an image: from pixels to patches to embeddings."""

from __future__ import annotations

from attention_core.config.image import ImageInput
from ui.step_by_step.look import Look, nearest, signed
from ui.step_by_step.steps import STEPS, Step


def reads(look: Look) -> ImageInput:
    """What the model reads of an image."""
    image = look.attention.config.image
    assert image is not None
    return image


def look_at_image(look: Look) -> str:
    image = reads(look)
    return (
        f"{image.height} × {image.width} pixels of three colours: the image was brought to this size by the filter "
        f"“{image.filter}”, as this model’s preprocessor says."
    )


def look_at_patches(look: Look) -> str:
    image = reads(look)
    return (
        f"{image.rows} rows of {image.columns} patches of {image.patch_height} × {image.patch_width} pixels, "
        f"{image.n_values} numbers each; before them a token of the model’s own, [CLS], that stands for no patch."
    )


def look_at_embedded_patches(look: Look) -> str:
    closest = nearest(look.attention.trace.array("embedding", None), look.query)
    if closest is None:
        return "There is nothing to be compared with."
    other, cosine = closest
    return (
        f"Before any attention, the token nearest to {look.asks} is {look.word(other)} (cosine {signed(cosine)}): "
        "so far only what is on the patch itself and its place count, not the patches around it."
    )


IMAGE_STEPS: tuple[Step, ...] = (
    Step("text", "Image", (), "An image, at the size that the model reads.", look_at_image),
    Step("tokens", "Patches", (), "The image is cut into patches: they are the tokens.", look_at_patches),
    Step("embeddings", "Embeddings", ("normalized", "patch_embedding", "embedding"),
         "Every pixel is normalized; a patch’s numbers are multiplied by a trained matrix, and its place is added.",
         look_at_embedded_patches),
    *STEPS[3:],
)  # fmt: skip
