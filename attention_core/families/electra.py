"""ELECTRA: BERT whose embeddings are narrower than d_model, and projected to it.

Source: Clark et al. 2020, https://arxiv.org/abs/2003.10555
"""

from dataclasses import replace
from typing import Any

from attention_core.families.bert import BERT
from attention_core.families.reading.schema import Rule, Source, Values


def embedding_projection(values: Values) -> dict[str, Any]:
    """Embeddings of another width are projected to d_model, with a bias."""
    d_embed, d_model = values["embedding_size"], values["hidden_size"]
    if d_embed == d_model:
        return {"d_embed": d_embed}
    return {"d_embed": d_embed, "embed_projection": "after_norm", "biases": BERT.traits["biases"] | {"b_embed"}}


ELECTRA = replace(
    BERT,
    model_type="electra",
    prefixes=("", "electra."),
    defaults={
        **BERT.defaults, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024,
    },
    rules=(*BERT.rules, Rule(("embedding_size", "hidden_size"), embedding_projection)),
    harmless=BERT.harmless | {"summary_activation", "summary_last_dropout", "summary_type", "summary_use_proj"},
    tensors={
        **BERT.tensors,
        "W_E": Source("embeddings.word_embeddings.weight", "token, embed"),
        "W_pos": Source("embeddings.position_embeddings.weight", "position_id, embed"),
        "W_seg": Source("embeddings.token_type_embeddings.weight", "segment, embed"),
        "w_norm": Source("embeddings.LayerNorm.weight", "embed"),
        "b_norm": Source("embeddings.LayerNorm.bias", "embed"),
        "W_embed": Source("embeddings_project.weight", "model, embed"),
        "b_embed": Source("embeddings_project.bias", "model"),
    },
    unused=(
        *BERT.unused, "discriminator_predictions.*", "generator_predictions.*", "generator_lm_head.*", "classifier.*",
        "qa_outputs.*",
    ),
)  # fmt: skip
