"""What to look for at each step, worked out for the sentence at hand."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from attention_core.operations import Scale
from attention_core.sides import Attention
from attention_core.trace import Trace
from ui import experts
from ui.traits import divisor
from ui.words import quoted

APOSTROPHES = ("'", "’")


@dataclass(frozen=True)
class Look:
    """Where to look: an attention, and the layer, head, query and key that are chosen; `head` is None for all heads."""

    attention: Attention
    layer: int
    head: int | None
    query: int
    key: int

    @property
    def heads(self) -> list[int]:
        """The heads that are looked at."""
        return [self.head] if self.head is not None else list(range(self.attention.config.n_heads))

    def word(self, position: int, role: str = "") -> str:
        """An asking token in quotation marks, as HTML."""
        return quoted(self.attention.query_names[position], role)

    def key_word(self, position: int) -> str:
        """An answering token in quotation marks, as HTML."""
        return quoted(self.attention.key_names[position], "k")

    @property
    def asks(self) -> str:
        """The asking token."""
        return self.word(self.query, "q")

    @property
    def answers(self) -> str:
        """The answering token."""
        return self.key_word(self.key)

    def row(self, quantity: str) -> np.ndarray:
        """The chosen query's row of a quantity [head, query, key], averaged over the heads looked at."""
        return self.averaged(self.attention.name(quantity))

    def averaged(self, name: str) -> np.ndarray:
        """The same, by the quantity's own name."""
        row: np.ndarray = self.attention.trace.array(name, self.layer)[self.heads, self.query].mean(axis=0)
        return row


def look_at_text(look: Look) -> str:
    text = look.attention.trace.text
    said = f"{len(text)} characters in {len(text.split())} words. The model will not see them as letters."
    return said if not look.attention.crosses else f"The target: {said}"


def look_at_tokens(look: Look) -> str:
    own = cut(look.attention.trace)
    return own if not look.attention.crosses else f"The target: {own} The sentence: {cut(look.attention.source)}"


def cut(trace: Trace) -> str:
    """How many tokens there are, and where a word, or even a character, was cut."""
    special = sum(piece.special for piece in trace.pieces)
    parts = f"{len(trace.pieces)} tokens, {special} of them special."
    for i, (first, second) in enumerate(itertools.pairwise(trace.pieces)):
        if first.special or second.special or first.end < second.start:
            continue
        names = f"{quoted(trace.tokens[i])} and {quoted(trace.tokens[i + 1])}"
        if first.end > second.start:
            return f"{parts} Look where a character was cut: {names} hold the bytes of one."
        if in_word(trace.text, first.end - 1) and in_word(trace.text, second.start):
            return f"{parts} Look where a word was cut: {names} stand without a space."
    return f"{parts} No word was cut into pieces."


def in_word(text: str, place: int) -> bool:
    """Whether a character belongs to a word: a letter, a digit, or an apostrophe between them."""
    if text[place : place + 1] in APOSTROPHES and place > 0:
        return text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
    return text[place : place + 1].isalnum()


def look_at_embeddings(look: Look) -> str:
    if look.attention.crosses:
        return (
            f"The memory has {len(look.attention.keys)} rows, one for each token of the sentence, and the stream "
            f"{len(look.attention.queries)}, one for each of the target: {look.asks} will ask {look.answers} and all "
            "the others."
        )
    x = look.attention.trace.array("embedding", None)
    closest = nearest(x, look.query)
    if closest is None:
        return "A sentence of one token has nothing to be compared with."
    other, cosine = closest
    placed = look.attention.config.positions in ("learned", "sinusoidal")
    return (
        f"Before any attention, the token nearest to {look.asks} is {look.word(other)} (cosine {cosine:.2f}): so far "
        + ("only the word itself and its place count, not its neighbours." if placed else
           "only the word itself counts, not its neighbours. Its place will count where queries meet keys.")
    )  # fmt: skip


def look_at_projections(look: Look) -> str:
    used = look.attention.entering("q", look.layer)
    q = look.attention.trace.array(used[-1].name, look.layer)[look.heads, look.query]
    head, dim = np.unravel_index(np.abs(q).argmax(), q.shape)
    when = ", as it meets the keys," if len(used) > 1 else ""
    return (
        f"The strongest number in the query of {look.asks}{when} is {signed(q[head, dim])}, in dimension {dim} of head "
        f"{look.heads[head]}: keys with a large number of the same sign there will match it."
    )


def look_at_products(look: Look) -> str:
    row = look.row("product")
    best = int(row.argmax())
    said = f"The key that matches the query of {look.asks} best is that of {look.key_word(best)}: {signed(row[best])}."
    return said if best == look.key else f"{said} {look.answers} has {signed(row[look.key])}."


def look_at_scale(look: Look) -> str:
    scoring = look.attention.scoring(look.layer)
    if not scoring:
        return f"This model divides by nothing: the row of {look.asks} stays as it is."
    before, after = look.row("product"), look.averaged(scoring[-1].name)
    first = scoring[0].operation
    plain = len(scoring) == 1 and isinstance(first, Scale)
    how = f"divided by {divisor(first)} it" if isinstance(first, Scale) and plain else "after this step it"
    return (
        f"The row of {look.asks} reached from {signed(before.min())} to {signed(before.max())}; {how} reaches from "
        f"{signed(after.min())} to {signed(after.max())}." + (" The order stays as it was." if plain else "")
    )


def look_at_mask(look: Look) -> str:
    mask = look.attention.mask(look.layer)
    if mask is None:
        later = "" if look.attention.crosses else ", later ones too"
        return f"This model masks nothing: {look.asks} may look at all {len(look.attention.keys)} tokens{later}."
    if mask[look.query].all():
        return f"{look.asks} may look at all {len(look.attention.keys)} tokens: nothing is masked for it."
    hidden = int((~mask[look.query]).sum())
    return f"{look.asks} may look at {int(mask[look.query].sum())} tokens; {hidden} are masked."


def look_at_weights(look: Look) -> str:
    row = look.row("weight")
    best = int(row.argmax())
    even = 1 / len(row)
    said = (
        f"{look.asks} gives most, {row[best]:.2f}, to {look.key_word(best)}. Spread evenly, each token would get "
        f"{even:.2f}; {int((row > even).sum())} of {len(row)} get more than that."
    )
    return f"{said} The sink takes {1 - row.sum():.2f}." if look.attention.has_sink else said


def look_at_mix(look: Look) -> str:
    shared = look.attention.trace.follows("kv_head")[1][look.heads]
    weights, values = look.attention.pattern(look.layer)[look.heads], look.attention.array("v", look.layer)[shared]
    parts = np.linalg.norm(weights[:, look.query, :, None] * values, axis=-1).mean(axis=0)
    best = int(parts.argmax())
    return (
        f"By length, {look.key_word(best)} brings {parts[best] / parts.sum():.0%} of what is mixed into {look.asks}: "
        "a token counts by its weight and by the length of its value."
    )


def look_at_merge(look: Look) -> str:
    layer = look.layer
    W_O = look.attention.trace.array(f"W_{look.attention.prefix}O", layer)
    parts = np.einsum("hd,hdm->hm", look.attention.array("z", layer)[:, look.query], W_O)
    lengths = np.linalg.norm(parts, axis=-1)
    best = int(lengths.argmax())
    said = f"For {look.asks}, head {best} adds the longest vector of all {len(lengths)} heads ({lengths[best]:.2f})"
    return f"{said}." if look.head in (None, best) else f"{said}; head {look.head} adds {lengths[look.head]:.2f}."


def look_at_residual(look: Look) -> str:
    trace, layer = look.attention.trace, look.layer
    before, after = (trace.array(name, layer)[look.query] for name in (look.attention.finds, look.attention.leaves))
    start, end = trace.resid_pre(0)[look.query], trace.contextual[look.query]
    routed = experts.there(trace, layer)
    said = (
        f"This step turns {look.asks}: the cosine to what it was is {cosine(before, after):.2f}. After the "
        f"{'experts' if routed else 'MLP'} and all layers, its contextual embedding has the cosine "
        f"{cosine(start, end):.2f} to where it began."
    )
    return f"{said} {experts.told(trace, layer, look.query, look.asks)}" if routed else said


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
