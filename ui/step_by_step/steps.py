"""The eleven steps of attention: the title, quantities, description and observation of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attention_core.attention_view import AttentionView, Kind
from attention_core.ops.rotary import Rotate
from ui.step_by_step import observations
from ui.step_by_step.focus import Focus
from ui.words.traits import (
    embedding_text,
    input_norm_text,
    kv_sharing_text,
    later_layers_text,
    layer_input_text,
    query_key_text,
    residual_text,
    score_text,
    softmax_text,
)


@dataclass(frozen=True)
class AttentionStep:
    """One step: its title, the quantities that it computes, what is done, and what there is to see.

    quantities: under their names in self-attention
    """

    name: str
    title: str
    quantities: tuple[str, ...]
    description: str
    observe: Callable[[Focus], str]


def step_quantities(step: AttentionStep, attention: AttentionView, layer: int, kind: Kind) -> list[str]:
    """The quantities that a step computes in this model; its input, if it computes none.

    kind: whether queries, keys or values are projected
    """
    scoring = [stage.name for stage in attention.score_stages(layer)]
    match step.name:
        case "embeddings" if attention.is_cross:
            names = [attention.resid_in, "memory"]
        case "embeddings" if not step.quantities:
            names = [name for name in attention.trace.declared(None) if name in EMBEDDING_QUANTITIES]
        case "project":
            names = projection_quantities(attention, layer, kind)
        case "scale":
            names = scoring
        case "residual":
            names = [attention.name("attn_update"), *attention.resid_updates]
        case _:
            names = [attention.name(each) for each in step.quantities]
    present = [name for name in names if attention.trace.has(name, layer)]
    return present or ([(scoring or [attention.name("product")])[-1]] if step.name in ("scale", "mask") else [])


EMBEDDING_QUANTITIES = frozenset({"scaled_embedding", "projected", "embed_sum", "embed_normed", "embedding"})
"""The quantities between a token's row of W_E and the residual stream."""


def projection_quantities(attention: AttentionView, layer: int, kind: Kind) -> list[str]:
    """Queries, keys or values and their norms and rotations; the angles come before the rotation."""
    names = []
    for stage in attention.projection_stages(kind, layer):
        names += ["angle", stage.name] if isinstance(stage.operation, Rotate) else [stage.name]
    return names


def step_title(step: AttentionStep, attention: AttentionView, layer: int) -> str:
    """The title of a step in this model."""
    if step.name == "scale":
        stages = attention.score_stages(layer)
        done = [SCORE_TITLES.get(type(stage.operation).__name__, stage.title) for stage in stages]
        return ", ".join(done).capitalize() or "Not scaled"
    if step.name == "embeddings" and attention.is_cross:
        return "Residual stream and encoder output"
    return step.title


SCORE_TITLES = {"Scale": "scaled", "SoftCap": "capped", "Add": "position bias added"}
"""The class of an operation on the scores -> what it does to them."""


def step_description(step: AttentionStep, attention: AttentionView, layer: int) -> str:
    """What a step does in this model."""
    config, description = attention.config, step.description
    if step.name == "project":
        projected = CROSS_DESCRIPTIONS["project"] if attention.is_cross else description
        before = layer_input_text(attention, layer), input_norm_text(attention, layer)
        after = query_key_text(attention, layer), kv_sharing_text(config)
        return " ".join(filter(None, (*before, projected, *after)))
    if attention.is_cross and step.name in CROSS_DESCRIPTIONS:
        return CROSS_DESCRIPTIONS[step.name]
    if step.name == "embeddings":
        return " ".join(filter(None, (description or embedding_text(config), later_layers_text(layer))))
    if step.name == "scale":
        stages = enumerate(attention.score_stages(layer))
        sentences = [f"Each {'score' if i else 'dot product'} is {score_text(stage, config)}." for i, stage in stages]
        return " ".join(sentences) or "This model does not scale the dot products: it was trained without scaling."
    if step.name == "softmax":
        return softmax_text(attention)
    if step.name == "residual":
        return residual_text(config)
    return description


CROSS_DESCRIPTIONS = {
    "text": "Two texts: the sentence that the encoder reads, and the target that the decoder writes.",
    "tokens": "Both texts are split into tokens from the model’s vocabulary. Each token has an id.",
    "embeddings": "Queries are computed from the decoder’s residual stream. Keys and values are computed from the "
                  "output of the encoder, which is the same for every layer.",
    "project": "Each token of the target gets a query. Each token of the sentence gets a key and a value.",
    "products": "Each query of the target is compared with each key of the sentence: they are multiplied dimension by "
                "dimension, and the products are added up.",
    "mix": "For each token of the target, the values of the sentence’s tokens are multiplied by their weights and "
           "added up.",
}  # fmt: skip
"""The name of a step -> its description in cross-attention."""


STEPS: tuple[AttentionStep, ...] = (
    AttentionStep("text", "Text", (), "The text, before it is split into tokens.", observations.observe_text),
    AttentionStep("tokens", "Tokens", (),
                  "The text is split into tokens from the model’s vocabulary. Each token has an id.",
                  observations.observe_tokens),
    AttentionStep("embeddings", "Embeddings", (), "", observations.observe_embeddings),
    AttentionStep("project", "Queries, keys, values", (),
                  "Each token’s vector is multiplied by three trained matrices. This gives its query (what it looks "
                  "for), its key (what it is found by) and its value (what it passes on).",
                  observations.observe_projections),
    AttentionStep("products", "Dot products QKᵀ", ("product",),
                  "Each query is compared with each key: they are multiplied dimension by dimension, and the products "
                  "are added up.", observations.observe_products),
    AttentionStep("scale", "Scaled", (), "", observations.observe_scale),
    AttentionStep("mask", "Mask", ("masked",),
                  "The scores of tokens that a query may not attend to become −∞, so that softmax gives them weight 0.",
                  observations.observe_mask),
    AttentionStep("softmax", "Attention weights", ("weight",), "", observations.observe_weights),
    AttentionStep("mix", "Weighted sum of values", ("z",),
                  "For each token, the values of all tokens are multiplied by their weights and added up.",
                  observations.observe_weighted_sum),
    AttentionStep("merge", "Heads concatenated, then W_O", ("attn_out",),
                  "The results of all heads are concatenated and multiplied by W_O.", observations.observe_output),
    AttentionStep("residual", "Added to the residual stream", (), "", observations.observe_residual),
)  # fmt: skip
