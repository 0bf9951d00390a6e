"""Which number an address points to, in words."""

from __future__ import annotations

import numpy as np

import attention_core as ac
from attention_core import explain
from attention_core.computation.derivation import Address
from attention_core.config.positions import Relative
from attention_core.errors import InputError
from attention_core.ops.positions import relative_buckets
from ui.words import experts
from ui.words.sentences import Mention, capitalized, ordinal_prefix, token_text

VECTOR_NAMES = {"q": "query", "k": "key", "v": "value", "z": "weighted sum of values"}
HEAD_NAMES = {"head": "head", "kv_head": "key-value head"}
AXIS_UNITS = {"pair": "pair", "mlp": "hidden unit"}
"""What an index along an axis counts; dimensions by default."""


def describe_address(trace: ac.Trace, address: Address) -> str:
    """The layer, head and tokens that a number belongs to; empty where it belongs to none."""
    if trace.encoder and address.quantity.startswith(explain.ENCODER_PREFIX):
        text = describe_address(trace.encoder, explain.encoder_address(address))
        return f"In the encoder. {text}" if text else "In the encoder."
    if text := experts.describe_expert_address(trace, address) or describe_pixel(trace, address):
        return text
    quantity, indices = address
    layer = None if quantity in trace.declared(None) else next(iter(indices), None)
    try:
        stage = trace.stage(quantity, layer)
    except InputError:
        return ""
    index = dict(zip(stage.axes, indices if stage.layer is None else indices[1:], strict=False))
    heads = [f"{HEAD_NAMES[axis]} {at}" for axis, at in index.items() if axis in HEAD_NAMES]
    scope = [*([] if stage.layer is None else [f"layer {layer}"]), *heads]
    prefix = f"{', '.join(scope)}: " if scope else "encoder output: " if quantity == "memory" else ""
    text = describe_tokens(trace, quantity, index)
    return capitalized(f"{prefix}{text}.") if text else ""


def describe_tokens(trace: ac.Trace, quantity: str, index: dict[str, int]) -> str:
    """The tokens that a number belongs to, and which of their numbers it is; empty where it belongs to none.

    index: the number's index along each of its quantity's axes
    """
    key_side = trace.encoder if trace.encoder and (quantity.startswith("cross_") or "source" in index) else trace
    tokens = {"position": trace, "query": trace, "key": key_side, "source": key_side}
    found = [Mention(tokens[axis].tokens, at) for axis, at in index.items()
             if axis in tokens and at < len(tokens[axis].tokens)]  # fmt: skip
    words = [f"{ordinal_prefix(word, found)}“{word.text}”" for word in found]
    axis, at = next(((axis, at) for axis, at in index.items() if axis not in (*tokens, *HEAD_NAMES)), ("", 0))
    if len(found) == 2 and found[0].names is found[1].names and found[0].position == found[1].position:
        words[1] = "itself"
    relative = trace.model.config.relative
    match words:
        case [query, key] if quantity == "position_bias" and relative:
            bucket = trace.gather_indices("bucket")[1][index["query"], index["key"]]
            return f"from {query} to {key}, {describe_distance(relative, int(bucket))}"
        case [query, key]:
            return f"from {query} to {key}"
        case [token] if axis == "vocab":
            tokenizer = trace.tokenizer
            return f"the logit of “{token_text(*tokenizer.readable_pieces([tokenizer.piece(at)]))}” at {token}"
        case [token] if axis:
            kind = VECTOR_NAMES.get(quantity.removeprefix("cross_").partition("_")[0])
            return f"{AXIS_UNITS.get(axis, 'dimension')} {at} of {f'the {kind} of ' if kind else ''}{token}"
        case [token]:
            return f"for the key {token}" if "key" in index else f"for {token}"
        case [] if axis == "bucket" and relative:
            return f"for a key {describe_distance(relative, index[axis])}"
    return ""


def describe_distance(relative: Relative, bucket: int) -> str:
    """How far before or after the query a bucket's keys are, such as "8 to 11 positions before"."""
    reached = np.arange(-relative.max_distance, relative.max_distance + 1 if relative.bidirectional else 1)
    offsets = reached[relative_buckets(relative, reached) == bucket]
    if not len(offsets):
        return "at no possible distance"
    near, far = sorted((abs(int(offsets[0])), abs(int(offsets[-1]))))
    if far == 0:
        return "at the same position" if relative.bidirectional else "at the same position or after it"
    many = f"{near} or more" if far == relative.max_distance else f"{near} to {far}" if near < far else str(near)
    return f"{many} position{'' if many == '1' else 's'} {'after' if offsets[0] > 0 else 'before'}"


def describe_pixel(trace: ac.Trace, address: Address) -> str:
    """The pixel or patch that a number belongs to; empty for any other number, and where there is no image."""
    image = trace.model.config.image
    match address.quantity, address.indices:
        case "pixel" | "normalized", (patch, value) if image and patch < image.n_patches and value < image.n_values:
            row, column, colour = image.locate_pixel(patch, value)
            return f"The {colour} channel of the pixel in row {row}, column {column} of the image."
        case "patch_embedding", (patch, m) if image and patch < image.n_patches:
            name = image.token_name(patch + 1)
            return f"Dimension {m} of the embedding of patch “{name}”, before its position is added."
    return ""
