"""Which experts a token goes to, in a layer that has them in place of an MLP."""

from __future__ import annotations

from typing import Any

import streamlit as st

import attention_core as ac
from attention_core.derivation import Address
from attention_core.explain import number_at, open_term
from components import visible
from ui.equations import fold, plain, step, value
from ui.words import reads


def there(trace: ac.Trace, layer: int) -> bool:
    """Whether a layer has a router and experts."""
    return layer in trace.model.config.routed


def told(trace: ac.Trace, layer: int, position: int, word: str) -> str:
    """One sentence: the experts of a token, which is called `word`, the strongest first, and their weights."""
    weights = trace.expert_weights(layer)[position]
    named = [f"{e} ({weight:.2f})" for e, weight in zip(trace.experts(layer)[position], weights, strict=True)]
    listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    count = trace.model.config.n_experts
    return f"In layer {layer}, {word} goes to expert{'s' if len(named) > 1 else ''} {listed} of {count}."


def arithmetic(trace: ac.Trace, layer: int, position: int, m: int) -> list[dict[str, Any]]:
    """The step that mixes a token's experts, in dimension m, as the arithmetic draws it; none where there are none."""
    if not there(trace, layer):
        return []
    mixed = open_term(trace, Address("mlp_out", (layer, position, m)))
    rows = []
    for choice, expert in enumerate(trace.experts(layer)[position]):
        score = number_at(trace, Address("router_logits", (layer, position, int(expert))))
        weight = number_at(trace, Address("expert_weight", (layer, position, choice)))
        rows.append([plain(str(expert)), value(score), value(weight)])
    words = told(trace, layer, position, f"“{reads(trace.tokens[position])}”")
    return [step(
        mixed,
        [words, f"What each makes of it is multiplied by its weight and added up (shown: dimension {m})."],
        [fold("what the router says", [], [
            {"head": ["expert", "router’s score", "weight"], "rows": rows, "chosen": -1}])],
    )]  # fmt: skip


def every_token(trace: ac.Trace, layer: int) -> None:
    """A table of all tokens: their experts, the strongest first, and by how much the output of each is multiplied."""
    experts, weights = trace.experts(layer), trace.expert_weights(layer)
    columns: dict[str, list[Any]] = {"position": list(range(len(trace.tokens))), "token": [*map(visible, trace.tokens)]}
    for choice in range(experts.shape[1]):
        columns[f"choice {choice}"] = [int(each) for each in experts[:, choice]]
        columns[f"weight {choice}"] = [float(each) for each in weights[:, choice]]
    st.caption("Experts are counted from 0. Choice 0 is the strongest; what it makes is multiplied by weight 0.")
    digits = {name: st.column_config.NumberColumn(format="%.4f") for name in columns if name.startswith("weight")}
    st.dataframe(columns, hide_index=True, height="content" if len(trace.tokens) < 20 else 420, column_config=digits)


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
