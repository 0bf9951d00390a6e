"""The eleven steps of attention: what each is called, what it makes, and what is done in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attention_core.attention_view import AttentionView, Kind
from attention_core.ops.rotary import Rotate
from ui.step_by_step import looks
from ui.step_by_step.look import Look
from ui.words.traits import (
    embedding_text,
    input_norm_text,
    kv_sharing_text,
    query_key_text,
    residual_text,
    score_text,
    softmax_text,
)


@dataclass(frozen=True)
class Step:
    """One step: its title, the quantities that it makes, what is done, and what to look for, worked out.

    makes: as they are called in self-attention
    """

    name: str
    title: str
    makes: tuple[str, ...]
    says: str
    look: Callable[[Look], str]


def makes(step: Step, attention: AttentionView, layer: int, kind: Kind) -> list[str]:
    """The quantities that a step makes in this model; what it starts from, where it makes none.

    kind: whether queries, keys or values are projected
    """
    scoring = [stage.name for stage in attention.scoring(layer)]
    match step.name:
        case "embeddings" if attention.crosses:
            wanted = [attention.finds, "memory"]
        case "embeddings" if not step.makes:
            wanted = [name for name in attention.trace.declared(None) if name in EMBEDDING]
        case "project":
            wanted = projected(attention, layer, kind)
        case "scale":
            wanted = scoring
        case "residual":
            wanted = [attention.name("attn_update"), *attention.sums]
        case _:
            wanted = [attention.name(each) for each in step.makes]
    made = [name for name in wanted if attention.trace.has(name, layer)]
    return made or ([(scoring or [attention.name("product")])[-1]] if step.name in ("scale", "mask") else [])


EMBEDDING = frozenset({"scaled_embedding", "projected", "embed_sum", "embed_normed", "embedding"})
"""What is made on the way from a token's row of W_E to the stream."""


def projected(attention: AttentionView, layer: int, kind: Kind) -> list[str]:
    """Queries, keys or values, and what is done to them before they enter the attention; an angle before its turn."""
    made = []
    for stage in attention.entering(kind, layer):
        made += ["angle", stage.name] if isinstance(stage.operation, Rotate) else [stage.name]
    return made


def title(step: Step, attention: AttentionView, layer: int) -> str:
    """What a step is called in this model."""
    if step.name == "scale":
        done = [SCALED.get(type(stage.operation).__name__, stage.title) for stage in attention.scoring(layer)]
        return ", ".join(done).capitalize() or "Not scaled"
    return "Stream and memory" if step.name == "embeddings" and attention.crosses else step.title


SCALED = {"Scale": "scaled", "SoftCap": "capped", "Add": "the place’s term added"}
"""What becomes of the scores, by the operation."""


def says(step: Step, attention: AttentionView, layer: int) -> str:
    """What is done in a step, in this model."""
    config, plain = attention.config, step.says
    if step.name == "project":
        made = CROSS["project"] if attention.crosses else plain
        after = query_key_text(attention, layer), kv_sharing_text(config)
        return " ".join(filter(None, (input_norm_text(attention, layer), made, *after)))
    if attention.crosses and step.name in CROSS:
        return CROSS[step.name]
    if step.name == "embeddings" and not plain:
        return embedding_text(config)
    if step.name == "scale":
        told = [f"Each is {score_text(stage, config)}." for stage in attention.scoring(layer)]
        return " ".join(told) or "This model leaves the products as they are: it was trained without dividing them."
    if step.name == "softmax":
        return softmax_text(attention)
    if step.name == "residual":
        return residual_text(config)
    return plain


CROSS = {
    "text": "Two texts: the sentence that is read, and the target that is written.",
    "tokens": "Both are cut into pieces from the model’s vocabulary, each with a number.",
    "embeddings": "Queries will be made from the decoder’s stream; keys and values from the memory, which is what the "
                  "encoder has made of the sentence, the same for every layer.",
    "project": "Each token of the target is made into a query; each token of the memory into a key and a value.",
    "products": "Every query of the target meets every key of the sentence: their numbers are multiplied, dimension by "
                "dimension, and added up.",
    "mix": "Each token of the target takes the values of all the sentence’s tokens, each times its weight.",
}  # fmt: skip
"""What is said of a step where other tokens answer than ask, by its name."""


STEPS: tuple[Step, ...] = (
    Step("text", "Text", (), "A sentence, as it was typed.", looks.look_at_text),
    Step("tokens", "Tokens", (), "The text is cut into pieces from the model’s vocabulary, each with a number.",
         looks.look_at_tokens),
    Step("embeddings", "Embeddings", (), "", looks.look_at_embeddings),
    Step("project", "Queries, keys, values", (),
         "Each token’s vector is multiplied by three trained matrices: what it asks, what it answers, what it gives.",
         looks.look_at_projections),
    Step("products", "Scores", ("product",),
         "Every query meets every key: their numbers are multiplied, dimension by dimension, and added up.",
         looks.look_at_products),
    Step("scale", "Scaled", (), "", looks.look_at_scale),
    Step("mask", "Mask", ("masked",), "What a token must not look at is taken out before the softmax.",
         looks.look_at_mask),
    Step("softmax", "Attention weights", ("weight",), "", looks.look_at_weights),
    Step("mix", "Values mixed", ("z",), "Each token takes the values of all tokens, each times its weight.",
         looks.look_at_mix),
    Step("merge", "Heads joined", ("attn_out",), "All heads’ results side by side, times W_O.", looks.look_at_merge),
    Step("residual", "Added to the stream", (), "", looks.look_at_residual),
)  # fmt: skip
