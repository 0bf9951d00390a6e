"""ALBERT: BERT whose layers have the same weights, all or in groups, and whose embeddings are narrower.

Source: Lan et al. 2019, https://arxiv.org/abs/1909.11942
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.bert import BERT
from attention_core.families.reading.schema import ACTIVATIONS, Rule, Source, Values

LAYER = "encoder.albert_layer_groups.{layer}.albert_layers.0."
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


def shared(values: Values) -> dict[str, Any]:
    """The group of each layer, whose weights it has."""
    n, groups = values["num_hidden_layers"], values["num_hidden_groups"]
    if not is_integer(n, 1) or not is_integer(groups, 1):
        raise UnsupportedConfigError(f"{n!r} layers cannot be put into num_hidden_groups = {groups!r}.")
    return {"shared_layers": tuple(int(layer / (n / groups)) for layer in range(n))}


def of_a_group() -> dict[str, Source]:
    """The tensors of a group's one layer, under BERT's names and layouts."""
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
    rules=(
        *BERT.rules, Rule(("embedding_size",), projected), Rule(("num_hidden_layers", "num_hidden_groups"), shared)
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
        **of_a_group(),
    },
    unused=(
        "embeddings.position_ids", "pooler.*", "predictions.*", "sop_classifier.*", "classifier.*", "qa_outputs.*",
    ),
)  # fmt: skip
