"""In words, which number an address is."""

from __future__ import annotations

import numpy as np

import attention_core as ac
from attention_core import explain
from attention_core.computation.derivation import Address
from attention_core.config.positions import Relative
from attention_core.errors import InputError
from attention_core.ops.positions import buckets
from ui.words import experts
from ui.words.sentences import Word, capital, reads, which

KINDS = {"q": "query", "k": "key", "v": "value", "z": "mixed value"}
HEADS = {"head": "head", "kv_head": "key-value head"}
COUNTED = {"pair": "pair", "mlp": "hidden number"}
"""What is counted along an axis; dimensions where nothing is said."""


def where(trace: ac.Trace, address: Address) -> str:
    """The layer, the head and the tokens that a number belongs to; nothing where it belongs to none."""
    if trace.encoder and address.quantity.startswith(explain.ENCODER):
        told = where(trace.encoder, explain.in_encoder(address))
        return f"In the encoder. {told}" if told else "In the encoder."
    if said := experts.where(trace, address):
        return said
    if said := in_image(trace, address):
        return said
    quantity, indices = address
    layer = None if quantity in trace.declared(None) else next(iter(indices), None)
    try:
        stage = trace.stage(quantity, layer)
    except InputError:
        return ""
    index = dict(zip(stage.axes, indices if stage.layer is None else indices[1:], strict=False))
    heads = [f"{HEADS[axis]} {at}" for axis, at in index.items() if axis in HEADS]
    place = [*([] if stage.layer is None else [f"layer {layer}"]), *heads]
    before = f"{', '.join(place)}: " if place else "what the encoder made: " if quantity == "memory" else ""
    told = of_tokens(trace, quantity, index)
    return capital(f"{before}{told}.") if told else ""


def of_tokens(trace: ac.Trace, quantity: str, index: dict[str, int]) -> str:
    """The tokens that a number belongs to, and which of their numbers it is; nothing where it belongs to none.

    index: the number's index along each of its quantity's axes
    """
    answering = trace.encoder if trace.encoder and (quantity.startswith("cross_") or "source" in index) else trace
    tokens = {"position": trace, "query": trace, "key": answering, "source": answering}
    found = [Word(tokens[axis].tokens, at) for axis, at in index.items()
             if axis in tokens and at < len(tokens[axis].tokens)]  # fmt: skip
    words = [f"{which(word, found)}“{word.reads}”" for word in found]
    axis, at = next(((axis, at) for axis, at in index.items() if axis not in (*tokens, *HEADS)), ("", 0))
    if len(found) == 2 and found[0].names is found[1].names and found[0].place == found[1].place:
        words[1] = "itself"
    relative = trace.model.config.relative
    match words:
        case [asks, answers] if quantity == "position_bias" and relative:
            bucket = trace.gather_indices("bucket")[1][index["query"], index["key"]]
            return f"from {asks} to {answers}, {away(relative, int(bucket))}"
        case [asks, answers]:
            return f"from {asks} to {answers}"
        case [token] if axis == "vocab":
            tokenizer = trace.tokenizer
            return f"the logit of “{reads(*tokenizer.spelled([tokenizer.piece(at)]))}” at {token}"
        case [token] if axis:
            kind = KINDS.get(quantity.removeprefix("cross_").partition("_")[0])
            return f"{COUNTED.get(axis, 'dimension')} {at} of {f'the {kind} of ' if kind else ''}{token}"
        case [token]:
            return f"for the key {token}" if "key" in index else f"for {token}"
        case [] if axis == "bucket" and relative:
            return f"for a key that stands {away(relative, index[axis])}"
    return ""


def away(relative: Relative, bucket: int) -> str:
    """How far before or after a query the keys of a bucket stand, such as "8 to 11 places before"."""
    reached = np.arange(-relative.reach, relative.reach + 1 if relative.both_ways else 1)
    own = reached[buckets(relative, reached) == bucket]
    if not len(own):
        return "at no distance that there is"
    near, far = sorted((abs(int(own[0])), abs(int(own[-1]))))
    if far == 0:
        return "in the same place" if relative.both_ways else "in the same place, or after it"
    many = f"{near} or more" if far == relative.reach else f"{near} to {far}" if near < far else str(near)
    return f"{many} place{'' if many == '1' else 's'} {'after' if own[0] > 0 else 'before'}"


def in_image(trace: ac.Trace, address: Address) -> str:
    """The pixel or the patch that a number belongs to; nothing for any other, and where there is no image."""
    image = trace.model.config.image
    match address.quantity, address.indices:
        case "pixel" | "normalized", (patch, value) if image and patch < image.patches and value < image.values:
            row, column, colour = image.pixel(patch, value)
            return f"The {colour} of the pixel in row {row}, column {column} of the image."
        case "patch_embedding", (patch, m) if image and patch < image.patches:
            return f"Dimension {m} of the patch “{image.name(patch + 1)}”, before its place is added."
    return ""
