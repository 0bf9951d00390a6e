"""RoBERTa, XLM-RoBERTa and CamemBERT: BERT with positions counted from the padding id.

Sources: Liu et al. 2019, https://arxiv.org/abs/1907.11692; Conneau et al. 2019, https://arxiv.org/abs/1911.02116;
Martin et al. 2019, https://arxiv.org/abs/1911.03894
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.bert import BERT
from attention_core.families.reading.schema import Rule, Values


def offset_positions(values: Values) -> dict[str, Any]:
    """The first token's position is pad_token_id + 1, which leaves fewer positions for tokens."""
    rows, pad = values["max_position_embeddings"], values["pad_token_id"]
    if not is_integer(rows, 1) or not is_integer(pad, 0) or rows < pad + 2:
        raise UnsupportedConfigError(
            f"max_position_embeddings = {rows!r} with pad_token_id = {pad!r} leaves no position for a token."
        )
    return {"n_ctx": rows - pad - 1, "position_offset": pad + 1, "pad_id": pad, "position_from": "ids"}


ROBERTA = replace(
    BERT,
    model_type="roberta",
    prefixes=("", "roberta."),
    sizes={name: key for name, key in BERT.sizes.items() if name != "n_ctx"},
    defaults={**BERT.defaults, "vocab_size": 50265, "pad_token_id": 1, "eos_token_id": 2},
    rules=(*BERT.rules, Rule(("max_position_embeddings", "pad_token_id"), offset_positions)),
    unused=(*BERT.unused, "lm_head.*", "classifier.*", "qa_outputs.*"),
)
XLM_ROBERTA = replace(ROBERTA, model_type="xlm-roberta", defaults={**ROBERTA.defaults, "vocab_size": 30522})
CAMEMBERT = replace(XLM_ROBERTA, model_type="camembert")
