"""ELECTRA: BERT whose embeddings are narrower than the stream, and brought to its width.

Source: Clark et al. 2020, https://arxiv.org/abs/2003.10555
"""

from dataclasses import replace
from typing import Any

from attention_core.families.bert import BERT
from attention_core.families.reading.schema import Rule, Source, Values


def projected(values: Values) -> dict[str, Any]:
    """Embeddings of a width of their own are brought to the stream's, with a bias."""
    own, wide = values["embedding_size"], values["hidden_size"]
    if own == wide:
        return {"d_embed": own}
    return {"d_embed": own, "embed_projection": "after_norm", "biases": BERT.traits["biases"] | {"b_embed"}}


ELECTRA = replace(
    BERT,
    model_type="electra",
    prefixes=("", "electra."),
    defaults={
        **BERT.defaults, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024,
    },
    rules=(*BERT.rules, Rule(("embedding_size", "hidden_size"), projected)),
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
