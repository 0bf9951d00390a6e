"""The step of the arithmetic that mixes the experts of a token."""

from __future__ import annotations

from typing import Any

import attention_core as ac
from attention_core.computation.derivation import Address
from attention_core.explain import number_at, open_term
from ui.arithmetic.equations import fold, plain, step, value
from ui.words.experts import there, told
from ui.words.sentences import reads


def expert_steps(trace: ac.Trace, layer: int, position: int, m: int) -> list[dict[str, Any]]:
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
