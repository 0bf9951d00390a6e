"""What to look for at each step, worked out for the sentence at hand."""

from __future__ import annotations

import itertools

import numpy as np

from attention_core.ops.elementwise import Scale
from attention_core.trace import Trace
from ui.step_by_step.look import Look, cosine, nearest, signed
from ui.words import experts
from ui.words.sentences import Mention, capitalized, count_tokens, quoted_distinctly
from ui.words.traits import divisor_text

APOSTROPHES = ("'", "’")


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
        names = " and ".join(quoted_distinctly(Mention(trace.tokens, i), Mention(trace.tokens, i + 1)))
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
    names = look.attention.query_names
    asks, like = quoted_distinctly(Mention(names, look.query, "q"), Mention(names, other))
    placed = look.attention.config.positions in ("learned", "sinusoidal")
    return (
        f"Before any attention, the token nearest to {asks} is {like} (cosine {signed(cosine)}): so far "
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
    row, seen = look.row("product"), look.seen
    best = int(np.where(seen, row, -np.inf).argmax())
    asks, matching, answers = look.named(best, look.key)
    own = "its own" if look.is_asking(best) else f"that of {matching}"
    if look.alone:
        said = f"{asks} may look at itself alone: its query and its own key make {signed(row[best])}."
    elif seen.all():
        said = f"The key that matches the query of {asks} best is {own}: {signed(row[best])}."
    else:
        said = (
            f"Of the {count_tokens(int(seen.sum()))} that {asks} may look at, the key that matches its query best is "
            f"{own}: "
        )
        said += f"{signed(row[best])}."
    if best == look.key:
        return capitalized(said)
    return (
        f"{capitalized(said)} {capitalized(answers)} has {signed(row[look.key])}"
        f"{'' if seen[look.key] else '; it is masked'}."
    )


def look_at_scale(look: Look) -> str:
    scoring = look.attention.scoring(look.layer)
    if not scoring:
        return f"This model divides by nothing: the row of {look.asks} stays as it is."
    before, after = look.row("product"), look.averaged(scoring[-1].name)
    first = scoring[0].operation
    plain = len(scoring) == 1 and isinstance(first, Scale)
    how = f"divided by {divisor_text(first)} it" if isinstance(first, Scale) and plain else "after this step it"
    return (
        f"The row of {look.asks} reached from {signed(before.min())} to {signed(before.max())}; {how} reaches from "
        f"{signed(after.min())} to {signed(after.max())}." + (" The order stays as it was." if plain else "")
    )


def look_at_mask(look: Look) -> str:
    if look.attention.mask(look.layer) is None:
        later = "" if look.attention.crosses else ", later ones too"
        return f"This model masks nothing: {look.asks} may look at all {len(look.attention.keys)} tokens{later}."
    if look.seen.all():
        return f"{look.asks} may look at all {len(look.attention.keys)} tokens: nothing is masked for it."
    hidden = int((~look.seen).sum())
    seen = count_tokens(int(look.seen.sum()))
    return f"{look.asks} may look at {seen}; {hidden} {'is' if hidden == 1 else 'are'} masked."


def look_at_weights(look: Look) -> str:
    row, seen = look.row("weight"), look.seen
    best, even = int(row.argmax()), 1 / max(int(seen.sum()), 1)
    asks, answers = look.named(best)
    more = int((row > even).sum())
    among = "each token" if seen.all() else f"each of the {count_tokens(int(seen.sum()))} that it may look at"
    said = f"{asks} gives most, {row[best]:.2f}, to {'itself' if look.is_asking(best) else answers}. Spread evenly, "
    said += f"{among} would get {even:.2f}; {more or 'none'} of them get{'s' if more < 2 else ''} more than that."
    if look.alone:
        said = f"{asks} gives {row[best]:.2f} to itself: it may look at nothing else."
    said = capitalized(said)
    sink = f"{1 - row.sum():.2f}"
    if not look.attention.has_sink or sink == "0.00":
        return said
    return f"{said} {'The heads’ sinks take' if look.head is None else 'The sink takes'} {sink}."


def look_at_mix(look: Look) -> str:
    shared = look.attention.trace.gather_indices("kv_head")[1][look.heads]
    weights, values = look.attention.pattern(look.layer)[look.heads], look.attention.array("v", look.layer)[shared]
    parts = np.linalg.norm(weights[:, look.query, :, None] * values, axis=-1).mean(axis=0)
    best = int(parts.argmax())
    asks, answers = look.named(best)
    return (
        f"By length, {f'{asks} itself' if look.is_asking(best) else answers} brings {parts[best] / parts.sum():.0%} of "
        f"what is mixed into {asks}: a token counts by its weight and by the length of its value."
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
    routed = experts.has_experts(trace, layer)
    said = (
        f"This step turns {look.asks}: the cosine to what it was is {signed(cosine(before, after))}. After the "
        f"{'experts' if routed else 'MLP'} and all layers, its contextual embedding has the cosine "
        f"{signed(cosine(start, end))} to where it began."
    )
    return f"{said} {experts.routing_text(trace, layer, look.query, look.asks)}" if routed else said
