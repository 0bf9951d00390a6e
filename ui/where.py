"""In words, which number an address is."""

from __future__ import annotations

import attention_core as ac
from attention_core import explain
from attention_core.derivation import Address
from attention_core.errors import InputError
from ui import experts

KINDS = {"q": "query", "k": "key", "v": "value", "z": "mixed value"}


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
    answering = trace.encoder if trace.encoder and (quantity.startswith("cross_") or "source" in index) else trace
    tokens = {"position": trace, "query": trace, "key": answering, "source": answering}
    found = [tokens[axis].tokens[at] for axis, at in index.items() if axis in tokens and at < len(tokens[axis].tokens)]
    head = next((at for axis, at in index.items() if axis in ("head", "kv_head")), None)
    place = [*([] if stage.layer is None else [f"Layer {layer}"]), *([] if head is None else [f"head {head}"])]
    before = f"{', '.join(place)}: " if place else "What the encoder made: " if quantity == "memory" else ""
    match found:
        case [asks, answers]:
            return f"{before}from “{asks}” to “{answers}”."
        case [token] if len(index) > 1:
            kind = KINDS.get(quantity.removeprefix("cross_").partition("_")[0])
            return f"{before}dimension {[*index.values()][-1]} of {f'the {kind} of ' if kind else ''}“{token}”."
    return ""


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
