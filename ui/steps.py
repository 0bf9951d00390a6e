"""The eleven steps of self-attention: what each shows, and what to look for in the sentence at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import attention_core as ac
from ui import experts
from ui.words import quoted


@dataclass(frozen=True)
class Look:
    """Where to look: a trace, and the layer, head, query and key that are chosen; `head` is None for all heads."""

    trace: ac.Trace
    layer: int
    head: int | None
    query: int
    key: int

    @property
    def heads(self) -> list[int]:
        """The heads that are looked at."""
        return [self.head] if self.head is not None else list(range(self.trace.model.config.n_heads))

    def word(self, position: int, role: str = "") -> str:
        """A token in quotation marks, as HTML."""
        return quoted(self.trace.tokens[position], role)

    @property
    def asks(self) -> str:
        """The asking token."""
        return self.word(self.query, "q")

    @property
    def answers(self) -> str:
        """The answering token."""
        return self.word(self.key, "k")

    def row(self, name: str) -> np.ndarray:
        """The chosen query's row of a quantity [head, query, key], averaged over the heads looked at."""
        row: np.ndarray = self.trace.array(name, self.layer)[self.heads, self.query].mean(axis=0)
        return row


@dataclass(frozen=True)
class Step:
    """One step: its title, the quantities that it makes, what is done, and what to look for, worked out."""

    name: str
    title: str
    makes: tuple[str, ...]
    says: str
    look: Callable[[Look], str]


def look_at_text(look: Look) -> str:
    text = look.trace.text
    return f"{len(text)} characters in {len(text.split())} words. The model will not see them as letters."


def look_at_tokens(look: Look) -> str:
    pieces = [piece for piece in look.trace.pieces if not piece.special]
    split = {}
    for i, piece in enumerate(pieces[1:], 1):
        if pieces[i - 1].end == piece.start:
            split[piece.start] = pieces[i - 1], piece
    parts = f"{len(look.trace.pieces)} tokens, {len(look.trace.pieces) - len(pieces)} of them special."
    if not split:
        return parts + " No word of this sentence was cut into pieces."
    first, second = next(iter(split.values()))
    return (
        parts + f" Look where a word was cut: {quoted(first.piece)} and {quoted(second.piece)} stand without a space."
    )


def look_at_embeddings(look: Look) -> str:
    x = look.trace.array("embedding", None)
    closest = nearest(x, look.query)
    if closest is None:
        return "A sentence of one token has nothing to be compared with."
    other, cosine = closest
    return (
        f"Before any attention, the token nearest to {look.asks} is {look.word(other)} (cosine {cosine:.2f}): "
        "so far only the word itself and its place count, not its neighbours."
    )


def look_at_projections(look: Look) -> str:
    q = look.trace.q(look.layer)[look.heads, look.query]
    head, dim = np.unravel_index(np.abs(q).argmax(), q.shape)
    return (
        f"The strongest number in the query of {look.asks} is {signed(q[head, dim])}, in dimension {dim} of head "
        f"{look.heads[head]}: keys with a large number of the same sign there will match it."
    )


def look_at_products(look: Look) -> str:
    row = look.row("product")
    best = int(row.argmax())
    said = f"The key that matches the query of {look.asks} best is that of {look.word(best, 'k')}: {signed(row[best])}."
    return said if best == look.key else f"{said} {look.answers} has {signed(row[look.key])}."


def look_at_scale(look: Look) -> str:
    if not look.trace.has("score", look.layer):
        return f"This model divides by nothing: the row of {look.asks} stays as it is."
    before, after = look.row("product"), look.row("score")
    width = look.trace.model.config.d_head
    return (
        f"The row of {look.asks} reached from {signed(before.min())} to {signed(before.max())}; divided by √{width} "
        f"it reaches from {signed(after.min())} to {signed(after.max())}. The order stays as it was."
    )


def look_at_mask(look: Look) -> str:
    mask = look.trace.mask(look.layer)
    if mask is None:
        return f"This model masks nothing: {look.asks} may look at all {len(look.trace.tokens)} tokens, later ones too."
    hidden = int((~mask[look.query]).sum())
    return f"{look.asks} may look at {int(mask[look.query].sum())} tokens; {hidden} are masked."


def look_at_weights(look: Look) -> str:
    row = look.row("weight")
    best = int(row.argmax())
    even = 1 / len(row)
    return (
        f"{look.asks} gives most, {row[best]:.2f}, to {look.word(best, 'k')}. Spread evenly, each token would get "
        f"{even:.2f}; {int((row > even).sum())} of {len(row)} get more than that."
    )


def look_at_mix(look: Look) -> str:
    _, shared = look.trace.follows("kv_head")  # the head of the values that each head takes
    weights, values = look.trace.pattern(look.layer)[look.heads], look.trace.v(look.layer)[shared[look.heads]]
    parts = np.linalg.norm(weights[:, look.query, :, None] * values, axis=-1).mean(axis=0)
    best = int(parts.argmax())
    return (
        f"By length, {look.word(best, 'k')} brings {parts[best] / parts.sum():.0%} of what is mixed into {look.asks}: "
        "a token counts by its weight and by the length of its value."
    )


def look_at_merge(look: Look) -> str:
    layer = look.layer
    W_O = look.trace.array("W_O", layer)
    parts = np.einsum("hd,hdm->hm", look.trace.z(layer)[:, look.query], W_O)
    lengths = np.linalg.norm(parts, axis=-1)
    best = int(lengths.argmax())
    said = f"For {look.asks}, head {best} adds the longest vector of all {len(lengths)} heads ({lengths[best]:.2f})"
    return f"{said}." if look.head in (None, best) else f"{said}; head {look.head} adds {lengths[look.head]:.2f}."


def look_at_residual(look: Look) -> str:
    made = "resid_mid" if look.trace.has("resid_mid", look.layer) else "resid_post"
    before, after = look.trace.resid_pre(look.layer)[look.query], look.trace.array(made, look.layer)[look.query]
    start, end = look.trace.resid_pre(0)[look.query], look.trace.contextual[look.query]
    routed = experts.there(look.trace, look.layer)
    said = (
        f"This step turns {look.asks} a little: the cosine to what it was is {cosine(before, after):.2f}. After the "
        f"{'experts' if routed else 'MLP'} and all layers, its contextual embedding has the cosine "
        f"{cosine(start, end):.2f} to where it began."
    )
    return f"{said} {experts.told(look.trace, look.layer, look.query, look.asks)}" if routed else said


STEPS: tuple[Step, ...] = (
    Step("text", "Text", (), "A sentence, as it was typed.", look_at_text),
    Step("tokens", "Tokens", (), "The text is cut into pieces from the model’s vocabulary, each with a number.",
         look_at_tokens),
    Step("embeddings", "Embeddings", ("embed_sum", "embedding"),
         "Each token’s own vector, that of its place and that of its segment are added, then normed.",
         look_at_embeddings),
    Step("project", "Queries, keys, values", ("q", "k", "v"),
         "Each token’s vector is multiplied by three trained matrices: what it asks, what it answers, what it gives.",
         look_at_projections),
    Step("products", "Scores", ("product",),
         "Every query meets every key: their numbers are multiplied, dimension by dimension, and added up.",
         look_at_products),
    Step("scale", "Scaled", ("score",), "Each is divided by √d_head, so that it does not grow with the width.",
         look_at_scale),
    Step("mask", "Mask", ("masked",), "What a token must not look at is taken out before the softmax.", look_at_mask),
    Step("softmax", "Attention weights", ("weight",),
         "e to each score, divided by the row’s sum: positive numbers that sum to 1.", look_at_weights),
    Step("mix", "Values mixed", ("z",), "Each token takes the values of all tokens, each times its weight.",
         look_at_mix),
    Step("merge", "Heads joined", ("attn_out",), "All heads’ results side by side, times W_O.", look_at_merge),
    Step("residual", "Added and normed", ("mid_sum", "resid_mid"),
         "What attention found is added to what the token was, and normed: the embedding now holds its context.",
         look_at_residual),
)  # fmt: skip


def nearest(x: np.ndarray, position: int) -> tuple[int, float] | None:
    """The other row that points most nearly the same way, and the cosine."""
    if len(x) < 2:
        return None
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)
    likeness = unit @ unit[position]
    likeness[position] = -2
    best = int(likeness.argmax())
    return best, float(likeness[best])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """How nearly two vectors point the same way, from -1 to 1."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def signed(number: float) -> str:
    """A number to two decimals with a true minus sign."""
    return f"{number:.2f}".replace("-", "−")
