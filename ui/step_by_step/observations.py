"""What there is to see at each step, computed for the sentence on screen."""

from __future__ import annotations

import itertools

import numpy as np

from attention_core.ops.elementwise import Scale
from attention_core.text.invisible import PARTIAL
from attention_core.trace import Trace
from ui.step_by_step.focus import Focus, cosine_similarity, most_similar, share_text, two_decimals
from ui.words import experts
from ui.words.sentences import (
    Mention,
    all_tokens,
    capitalized,
    count_of,
    count_tokens,
    in_word,
    quoted_distinctly,
    typed_special,
)
from ui.words.traits import divisor_text


def observe_text(focus: Focus) -> str:
    text = focus.attention.trace.text
    words = sum(any(map(str.isalnum, word)) for word in text.split())
    sentence = (
        f"{count_of(len(text), 'character')} in {count_of(words, 'word')}. The model does not read letters: it reads "
        "tokens."
    )
    return sentence if not focus.attention.is_cross else f"The target: {sentence}"


def observe_tokens(focus: Focus) -> str:
    tokens = observe_split_words(focus.attention.trace)
    if not focus.attention.is_cross:
        return tokens
    return f"The target: {tokens} The sentence: {observe_split_words(focus.attention.source)}"


def observe_split_words(trace: Trace) -> str:
    """The number of tokens, and the first word or character that is split between two of them. HTML."""
    typed = typed_special(trace.text, trace.pieces, trace.tokenizer.special_ids)
    special = len(typed) + sum(piece.special for piece in trace.pieces)
    count = f"{count_tokens(len(trace.pieces))}, {special} of them special."
    if not all(piece.placed for piece in trace.pieces):
        return count
    for i, (first, second) in enumerate(itertools.pairwise(trace.pieces)):
        if first.special or second.special or first.end < second.start:
            continue
        names = " and ".join(quoted_distinctly(Mention(trace.tokens, i), Mention(trace.tokens, i + 1)))
        if first.end > second.start:  # a space before a word, "▁", may have the position of the word's first letter
            if all(PARTIAL.search(trace.tokens[at]) for at in (i, i + 1)):
                return f"{count} A character is split here: {names} hold bytes of the same character."
            continue
        if in_word(trace.text, first.end - 1) and in_word(trace.text, second.start):
            return f"{count} A word is split here: {names} have no space between them."
    return f"{count} No word is split."


def observe_embeddings(focus: Focus) -> str:
    if focus.attention.is_cross:
        return (
            f"The encoder output has {len(focus.attention.keys)} rows, one for each token of the sentence. The "
            f"residual stream of the decoder has {len(focus.attention.queries)}, one for each token of the target. The "
            f"query of {focus.query_token} will be compared with the keys of {focus.key_token} and all other tokens of "
            "the sentence."
        )
    x = focus.attention.trace.array("embedding", None)
    closest = most_similar(x, focus.query)
    if closest is None:
        return "There is only one token, so there is nothing to compare it with."
    other, cosine = closest
    names = focus.attention.query_tokens
    query, like = quoted_distinctly(Mention(names, focus.query, "q"), Mention(names, other))
    with_position = focus.attention.config.positions in ("learned", "sinusoidal")
    return (
        f"Before any attention, the token most similar to {query} is {like} (cosine {two_decimals(cosine)}). "
        + ("So far only the token itself and its position count, not its neighbours." if with_position else
           "So far only the token itself counts, not its neighbours. Its position will count when queries are compared "
           "with keys.")
    )  # fmt: skip


def observe_projections(focus: Focus) -> str:
    used = focus.attention.projection_stages("q", focus.layer)
    q = focus.attention.trace.array(used[-1].name, focus.layer)[focus.heads, focus.query]
    head, dim = np.unravel_index(np.abs(q).argmax(), q.shape)
    when = ", as it enters the dot products," if len(used) > 1 else ""
    return (
        f"The largest number in magnitude in the query of {focus.query_token}{when} is {two_decimals(q[head, dim])}, "
        f"in dimension {dim} of head {focus.heads[head]}. A key with a large number of the same sign there matches "
        "this query well."
    )


def observe_products(focus: Focus) -> str:
    row, allowed = focus.row("product"), focus.allowed
    best = int(np.where(allowed, row, -np.inf).argmax())
    query, matching, key = focus.quoted(best, focus.key)
    best_key = "its own key" if focus.is_query(best) else f"the key of {matching}"
    if focus.only_itself:
        sentence = f"{query} may attend only to itself: {focus.on_average}the dot product of its query and its key is"
    elif allowed.all():
        sentence = f"{focus.on_average}the query of {query} has its largest dot product with {best_key}:"
    else:
        sentence = (
            f"{focus.on_average}of the {count_tokens(int(allowed.sum()))} that {query} may attend to, its query has "
            f"the largest dot product with {best_key}:"
        )
    sentence = f"{capitalized(sentence)} {two_decimals(row[best])}."
    if best == focus.key:
        return sentence
    masked = "" if allowed[focus.key] else ", which is masked"
    return f"{sentence} With the key of {key} it is {two_decimals(row[focus.key])}{masked}."


def observe_scale(focus: Focus) -> str:
    scoring = focus.attention.score_stages(focus.layer)
    if not scoring:
        return f"This model does not scale the dot products: the row of {focus.query_token} stays the same."
    before, after = focus.row("product"), focus.averaged(scoring[-1].name)
    first = scoring[0].operation
    only_scaled = len(scoring) == 1 and isinstance(first, Scale)
    how = f"Divided by {divisor_text(first)}" if isinstance(first, Scale) and only_scaled else "After this step"
    row = capitalized(f"{focus.on_average}the row of {focus.query_token}")
    return (
        f"{row} ranged from {two_decimals(before.min())} to {two_decimals(before.max())}. "
        f"{how}, it ranges from {two_decimals(after.min())} to {two_decimals(after.max())}."
        + (" The order does not change." if only_scaled else "")
    )


def observe_mask(focus: Focus) -> str:
    count = len(focus.attention.keys)
    if focus.attention.mask(focus.layer) is None:
        later = "" if focus.attention.is_cross or count == 1 else ", later ones included"
        return f"This model masks nothing: {focus.query_token} may attend to {all_tokens(count)}{later}."
    if focus.allowed.all():
        return f"{focus.query_token} may attend to {all_tokens(count)}: nothing is masked for it."
    masked = int((~focus.allowed).sum())
    return (
        f"{focus.query_token} may attend to {count_tokens(int(focus.allowed.sum()))}; {masked} "
        f"{'is' if masked == 1 else 'are'} masked."
    )


def observe_weights(focus: Focus) -> str:
    row, allowed = focus.row("weight"), focus.allowed
    best, uniform = int(row.argmax()), 1 / max(int(allowed.sum()), 1)
    query, key = focus.quoted(best)
    more = int((row > uniform).sum())
    each = "each token" if allowed.all() else f"each of the {count_tokens(int(allowed.sum()))} that it may attend to"
    sentence = (
        f"{focus.on_average}{query} attends most to {'itself' if focus.is_query(best) else key} "
        f"({share_text(row[best])}). With uniform attention, {each} would get {share_text(uniform)}; "
        f"{more or 'none'} of them get{'s' if more < 2 else ''} more."
    )
    if focus.only_itself:
        sentence = f"{query} attends only to itself ({row[best]:.2f}): all other tokens are masked."
    sentence = capitalized(sentence)
    sink = f"{1 - row.sum():.2f}"
    if not focus.attention.has_sink or sink == "0.00":
        return sentence
    return f"{sentence} {'The heads’ sinks take' if focus.head is None else 'The sink takes'} {sink}."


def observe_weighted_sum(focus: Focus) -> str:
    kv_heads = focus.attention.trace.gather_indices("kv_head")[1][focus.heads]
    weights = focus.attention.pattern(focus.layer)[focus.heads]
    values = focus.attention.array("v", focus.layer)[kv_heads]
    lengths = np.linalg.norm(weights[:, focus.query, :, None] * values, axis=-1).mean(axis=0)
    best = int(lengths.argmax())
    query, key = focus.quoted(best)
    by_length = capitalized(f"{focus.on_average}by length")
    return (
        f"{by_length}, {f'{query} itself' if focus.is_query(best) else key} contributes "
        f"{lengths[best] / lengths.sum():.0%} of the vectors that are added up for {query}. A token’s share depends on "
        "its weight and on the length of its value vector."
    )


def observe_output(focus: Focus) -> str:
    layer = focus.layer
    W_O = focus.attention.trace.array(f"W_{focus.attention.prefix}O", layer)
    outputs = np.einsum("hd,hdm->hm", focus.attention.array("z", layer)[:, focus.query], W_O)
    lengths = np.linalg.norm(outputs, axis=-1)
    best = int(lengths.argmax())
    sentence = (
        f"For {focus.query_token}, head {best} adds the longest vector of all {len(lengths)} heads (length "
        f"{lengths[best]:.2f})"
    )
    if focus.head in (None, best):
        return f"{sentence}."
    return f"{sentence}; the vector of head {focus.head} has length {lengths[focus.head]:.2f}."


def observe_residual(focus: Focus) -> str:
    trace, layer = focus.attention.trace, focus.layer
    before, after = (trace.array(name, layer)[focus.query]
                     for name in (focus.attention.resid_in, focus.attention.resid_out))  # fmt: skip
    start, end = trace.resid_pre(0)[focus.query], trace.contextual[focus.query]
    routed = experts.has_experts(trace, layer)
    sentence = (
        f"The vectors of {focus.query_token} before and after this step have cosine "
        f"{two_decimals(cosine_similarity(before, after))}. After the {'experts' if routed else 'MLP'} and all other "
        f"layers, its contextual embedding has cosine {two_decimals(cosine_similarity(start, end))} with the embedding "
        "it started from."
    )
    return f"{sentence} {experts.routing_text(trace, layer, focus.query, focus.query_token)}" if routed else sentence
