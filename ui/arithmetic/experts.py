"""The step that adds up the outputs of a token's experts."""

from __future__ import annotations

import attention_core as ac
from attention_core.computation.derivation import Address, Piece
from attention_core.explain import number_at, open_term
from ui.arithmetic.equations import make_step, number_piece
from ui.components.arithmetic import ArithmeticStep, Fold, Table
from ui.words.experts import has_experts, routing_text
from ui.words.sentences import token_text


def expert_steps(trace: ac.Trace, layer: int, position: int, m: int) -> list[ArithmeticStep]:
    """The weighted sum of the experts' outputs for a token, in dimension m; empty for a layer without experts."""
    if not has_experts(trace, layer):
        return []
    output = open_term(trace, Address("mlp_out", (layer, position, m)))
    rows = []
    for choice, expert in enumerate(trace.experts(layer)[position]):
        score = number_at(trace, Address("router_logits", (layer, position, int(expert))))
        weight = number_at(trace, Address("expert_weight", (layer, position, choice)))
        rows.append([Piece(str(expert)), number_piece(score), number_piece(weight)])
    words = routing_text(trace, layer, position, f"“{token_text(trace.tokens[position])}”")
    return [make_step(
        output,
        [words, f"The outputs of the experts are multiplied by their weights and added up (shown: dimension {m})."],
        [Fold("the router’s scores", tables=[Table(["expert", "router’s score", "weight"], rows)])],
    )]  # fmt: skip
