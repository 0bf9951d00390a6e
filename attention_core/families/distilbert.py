"""DistilBERT: BERT without segments, with other tensor names.

Source: Sanh et al. 2019, https://arxiv.org/abs/1910.01108
"""

from dataclasses import replace

from attention_core.families.bert import BERT
from attention_core.families.reading.rules import head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, Source

LAYER = "transformer.layer.{layer}."
NAMES = {
    "W_Q": "attention.q_lin", "W_K": "attention.k_lin", "W_V": "attention.v_lin", "W_O": "attention.out_lin",
    "w_mid": "sa_layer_norm", "W_in": "ffn.lin1", "W_out": "ffn.lin2", "w_post": "output_layer_norm",
}  # fmt: skip


def layer_tensors() -> dict[str, Source]:
    """The tensors of a layer, with BERT's layouts."""
    tensors = {}
    for name, module in NAMES.items():
        tensors[name] = Source(f"{LAYER}{module}.weight", BERT.tensors[name].layout)
        bias = name.lower() if name[0] == "w" else f"b{name[1:]}"
        bias = bias.replace("w_", "b_")
        tensors[bias] = Source(f"{LAYER}{module}.bias", BERT.tensors[bias].layout)
    return tensors


DISTILBERT = replace(
    BERT,
    model_type="distilbert",
    prefixes=("", "distilbert."),
    sizes={
        "n_layers": "n_layers", "n_heads": "n_heads", "d_model": "dim", "d_mlp": "hidden_dim",
        "d_vocab": "vocab_size", "n_ctx": "max_position_embeddings",
    },
    aliases={"num_hidden_layers": "n_layers", "num_attention_heads": "n_heads", "hidden_size": "dim"},
    defaults={
        "n_layers": 6, "n_heads": 12, "dim": 768, "hidden_dim": 3072, "vocab_size": 30522,
        "max_position_embeddings": 512, "activation": "gelu",
    },
    traits={**BERT.traits, "norm_eps": 1e-12, "causal": False},
    choices={"activation": {key: ACTIVATION_CHOICES[key] for key in ("gelu", "relu")}},
    rules=(head_width("n_heads", "dim"),),
    required={},
    harmless=frozenset({
        "dropout", "qa_dropout", "seq_classif_dropout", "sinusoidal_pos_embds", "tie_weights_",
        "tie_word_embeddings",
    }),
    tensors={name: source for name, source in BERT.tensors.items() if "{layer}" not in source.name and name != "W_seg"}
    | layer_tensors(),
    unused=("vocab_*", "pre_classifier.*", "classifier.*", "qa_outputs.*", "embeddings.position_ids"),
)  # fmt: skip
