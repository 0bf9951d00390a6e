"""ALBERT: BERT with weights shared by all layers or by groups of them, and narrower embeddings.

Source: Lan et al. 2019, https://arxiv.org/abs/1909.11942
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.bert import BERT, WITHOUT_DECODER
from attention_core.families.reading.schema import ACTIVATION_CHOICES, Rule, Source, Values

LAYER = "encoder.albert_layer_groups.{layer}.albert_layers.0."
NAMES = {
    "Q": "attention.query", "K": "attention.key", "V": "attention.value", "O": "attention.dense",
    "mid": "attention.LayerNorm", "in": "ffn", "out": "ffn_output", "post": "full_layer_layer_norm",
}  # fmt: skip


def embedding_projection(values: Values) -> dict[str, Any]:
    """Embeddings are always projected to d_model, with a bias."""
    return {
        "d_embed": values["embedding_size"], "embed_projection": "after_norm",
        "biases": BERT.traits["biases"] | {"b_embed"},
    }  # fmt: skip


def layer_groups(values: Values) -> dict[str, Any]:
    """The group whose weights each layer has."""
    n, groups = values["num_hidden_layers"], values["num_hidden_groups"]
    if not is_integer(n, 1) or not is_integer(groups, 1):
        raise UnsupportedConfigError(f"num_hidden_layers = {n!r} cannot be split into num_hidden_groups = {groups!r}.")
    return {"shared_layers": tuple(int(layer / (n / groups)) for layer in range(n))}


def group_tensors() -> dict[str, Source]:
    """The tensors of a group's single layer, with BERT's canonical names and layouts."""
    tensors = {}
    for name, module in NAMES.items():
        weight, bias = ("w" if name in ("mid", "post") else "W") + f"_{name}", f"b_{name}"
        tensors[weight] = Source(f"{LAYER}{module}.weight", BERT.tensors[weight].layout)
        tensors[bias] = Source(f"{LAYER}{module}.bias", BERT.tensors[bias].layout)
    return tensors


ALBERT = replace(
    BERT,
    model_type="albert",
    prefixes=("", "albert."),
    defaults={
        **WITHOUT_DECODER, "vocab_size": 30000, "embedding_size": 128, "hidden_size": 4096, "num_attention_heads": 64,
        "intermediate_size": 16384, "hidden_act": "gelu_new", "num_hidden_groups": 1, "inner_group_num": 1,
        "eos_token_id": 3,
    },
    traits={**BERT.traits, "causal": False},
    choices={"hidden_act": ACTIVATION_CHOICES},
    rules=(
        *BERT.rules,
        Rule(("embedding_size",), embedding_projection),
        Rule(("num_hidden_layers", "num_hidden_groups"), layer_groups),
    ),
    required={**BERT.required, "inner_group_num": (1,)},
    harmless=BERT.harmless | {"classifier_dropout_prob", "down_scale_factor", "gap_size", "net_structure_type",
                              "num_memory_blocks"},
    tensors={
        "W_E": Source("embeddings.word_embeddings.weight", "token, embed"),
        "W_pos": Source("embeddings.position_embeddings.weight", "position_id, embed"),
        "W_seg": Source("embeddings.token_type_embeddings.weight", "segment, embed"),
        "w_norm": Source("embeddings.LayerNorm.weight", "embed"),
        "b_norm": Source("embeddings.LayerNorm.bias", "embed"),
        "W_embed": Source("encoder.embedding_hidden_mapping_in.weight", "model, embed"),
        "b_embed": Source("encoder.embedding_hidden_mapping_in.bias", "model"),
        **group_tensors(),
    },
    unused=(
        "embeddings.position_ids", "pooler.*", "predictions.*", "sop_classifier.*", "classifier.*", "qa_outputs.*",
    ),
)  # fmt: skip
