"""Sentences on the experts that a token is routed to, in a layer with experts in place of an MLP."""

from __future__ import annotations

import attention_core as ac
from attention_core.computation.derivation import Address
from ui.words.sentences import token_text


def has_experts(trace: ac.Trace, layer: int) -> bool:
    """Whether a layer has a router and experts."""
    return layer in trace.model.config.moe_layers


def routing_text(trace: ac.Trace, layer: int, position: int, word: str) -> str:
    """A sentence that names a token's experts and their weights, strongest first; the token is written as `word`."""
    weights = trace.expert_weights(layer)[position]
    named = [f"{e} ({weight:.2f})" for e, weight in zip(trace.experts(layer)[position], weights, strict=True)]
    listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    count = trace.model.config.n_experts
    return f"In layer {layer}, {word} is routed to expert{'s' if len(named) > 1 else ''} {listed} of {count}."


def describe_expert_address(trace: ac.Trace, address: Address) -> str:
    """Which number of a router or an expert an address points to, in words; empty for any other address."""
    layer = address.indices[0] if address.indices else -1
    if not has_experts(trace, layer) or not address.quantity.startswith(("router_", "expert")):
        return ""
    _, position, index, *rest = address.indices
    token, dim = token_text(trace.tokens[position]), f", dimension {rest[0]}" if rest else ""
    if address.quantity.startswith("router_"):
        return f"Layer {layer}: expert {index}, for “{token}”."
    return f"Layer {layer}: choice {index} of “{token}”, expert {trace.experts(layer)[position, index]}{dim}."
