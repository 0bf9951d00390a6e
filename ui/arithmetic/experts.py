"""The step that mixes the experts of a token."""

from __future__ import annotations

import attention_core as ac
from attention_core.computation.derivation import Address, Piece
from attention_core.explain import number_at, open_term
from ui.arithmetic.equations import step, value
from ui.components.arithmetic import ArithmeticStep, Fold, Table
from ui.words.experts import has_experts, routing_text
from ui.words.sentences import token_text


def expert_steps(trace: ac.Trace, layer: int, position: int, m: int) -> list[ArithmeticStep]:
    """The step that mixes a token's experts, in dimension m; none where there are none."""
    if not has_experts(trace, layer):
        return []
    mixed = open_term(trace, Address("mlp_out", (layer, position, m)))
    rows = []
    for choice, expert in enumerate(trace.experts(layer)[position]):
        score = number_at(trace, Address("router_logits", (layer, position, int(expert))))
        weight = number_at(trace, Address("expert_weight", (layer, position, choice)))
        rows.append([Piece(str(expert)), value(score), value(weight)])
    words = routing_text(trace, layer, position, f"“{token_text(trace.tokens[position])}”")
    return [step(
        mixed,
        [words, f"What each makes of it is multiplied by its weight and added up (shown: dimension {m})."],
        [Fold("what the router says", tables=[Table(["expert", "router’s score", "weight"], rows)])],
    )]  # fmt: skip
