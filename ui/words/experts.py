"""Which experts a token goes to, in a layer that has them in place of an MLP."""

from __future__ import annotations

import attention_core as ac
from attention_core.computation.derivation import Address
from ui.words.sentences import reads


def there(trace: ac.Trace, layer: int) -> bool:
    """Whether a layer has a router and experts."""
    return layer in trace.model.config.moe_layers


def told(trace: ac.Trace, layer: int, position: int, word: str) -> str:
    """One sentence: the experts of a token, which is called `word`, the strongest first, and their weights."""
    weights = trace.expert_weights(layer)[position]
    named = [f"{e} ({weight:.2f})" for e, weight in zip(trace.experts(layer)[position], weights, strict=True)]
    listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    count = trace.model.config.n_experts
    return f"In layer {layer}, {word} goes to expert{'s' if len(named) > 1 else ''} {listed} of {count}."


def where(trace: ac.Trace, address: Address) -> str:
    """In words, which number of a router or an expert an address is; nothing where it is none of these."""
    layer = address.indices[0] if address.indices else -1
    if not there(trace, layer) or not address.quantity.startswith(("router_", "expert")):
        return ""
    _, position, which, *rest = address.indices
    token, dim = reads(trace.tokens[position]), f", dimension {rest[0]}" if rest else ""
    if address.quantity.startswith("router_"):
        return f"Layer {layer}: expert {which}, for “{token}”."
    return f"Layer {layer}: choice {which} of “{token}”, expert {trace.experts(layer)[position, which]}{dim}."
