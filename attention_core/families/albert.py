"""ALBERT: BERT with one layer's weights for all layers, and narrower embeddings brought to the stream's width.

Source: Lan et al. 2019, https://arxiv.org/abs/1909.11942
"""

from dataclasses import replace
from typing import Any

from attention_core.families.bert import BERT
from attention_core.families.schema import ACTIVATIONS, Rule, Source, Values

LAYER = "encoder.albert_layer_groups.0.albert_layers.0."  # the same in every layer
NAMES = {
    "Q": "attention.query", "K": "attention.key", "V": "attention.value", "O": "attention.dense",
    "mid": "attention.LayerNorm", "in": "ffn", "out": "ffn_output", "post": "full_layer_layer_norm",
}  # fmt: skip


def projected(values: Values) -> dict[str, Any]:
    """Embeddings are always brought to the stream's width, with a bias."""
    return {
        "d_embed": values["embedding_size"], "embed_projection": "after_norm",
        "biases": BERT.traits["biases"] | {"b_embed"},
    }  # fmt: skip


def shared() -> dict[str, Source]:
    """The tensors of the one layer, under BERT's names and layouts."""
    made = {}
    for name, module in NAMES.items():
        weight, bias = ("w" if name in ("mid", "post") else "W") + f"_{name}", f"b_{name}"
        made[weight] = Source(f"{LAYER}{module}.weight", BERT.tensors[weight].layout)
        made[bias] = Source(f"{LAYER}{module}.bias", BERT.tensors[bias].layout)
    return made


ALBERT = replace(
    BERT,
    model_type="albert",
    prefixes=("", "albert."),
    defaults={
        **BERT.defaults, "vocab_size": 30000, "embedding_size": 128, "hidden_size": 4096, "num_attention_heads": 64,
        "intermediate_size": 16384, "hidden_act": "gelu_new", "num_hidden_groups": 1, "inner_group_num": 1,
    },
    choices={"hidden_act": ACTIVATIONS, "is_decoder": {False: {"causal": False}}},
    rules=(*BERT.rules, Rule(("embedding_size",), projected)),
    required={**BERT.required, "num_hidden_groups": (1,), "inner_group_num": (1,)},
    harmless=BERT.harmless | {"classifier_dropout_prob", "down_scale_factor", "gap_size", "net_structure_type",
                              "num_memory_blocks"},
    tensors={
        "W_E": Source("embeddings.word_embeddings.weight", "token, embed"),
        "W_pos": Source("embeddings.position_embeddings.weight", "place, embed"),
        "W_seg": Source("embeddings.token_type_embeddings.weight", "segment, embed"),
        "w_norm": Source("embeddings.LayerNorm.weight", "embed"),
        "b_norm": Source("embeddings.LayerNorm.bias", "embed"),
        "W_embed": Source("encoder.embedding_hidden_mapping_in.weight", "model, embed"),
        "b_embed": Source("encoder.embedding_hidden_mapping_in.bias", "model"),
        **shared(),
    },
    unused=(
        "embeddings.position_ids", "pooler.*", "predictions.*", "sop_classifier.*", "classifier.*", "qa_outputs.*",
    ),
)  # fmt: skip
