"""BERT: post-norm, learned positions, every token attends to every token.

Source: Devlin et al. 2018, https://arxiv.org/abs/1810.04805
"""

from attention_core.families.reading.rules import head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, SIZE_KEYS, Family, Source

LAYER = "encoder.layer.{layer}."

BERT = Family(
    model_type="bert",
    prefixes=("", "bert."),
    sizes=SIZE_KEYS | {"n_segments": "type_vocab_size", "norm_eps": "layer_norm_eps"},
    defaults={
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "vocab_size": 30522,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "is_decoder": False,
    },
    traits={
        "embed_norm": True,
        "biases": frozenset({"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out"}),
    },
    choices={
        "hidden_act": ACTIVATION_CHOICES,
        "is_decoder": {False: {"causal": False}, True: {"causal": True}},
    },
    rules=(head_width("num_attention_heads", "hidden_size"),),
    required={
        "position_embedding_type": ("absolute",),
    },
    harmless=frozenset([
        "attention_probs_dropout_prob", "directionality", "hidden_dropout_prob", "pooler_fc_size",
        "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
        "tie_word_embeddings",
    ]),
    tensors={
        "W_E": Source("embeddings.word_embeddings.weight", "token, model"),
        "W_pos": Source("embeddings.position_embeddings.weight", "position_id, model"),
        "W_seg": Source("embeddings.token_type_embeddings.weight", "segment, model"),
        "w_norm": Source("embeddings.LayerNorm.weight", "model"),
        "b_norm": Source("embeddings.LayerNorm.bias", "model"),
        "W_Q": Source(LAYER + "attention.self.query.weight", "head*dim, model"),
        "b_Q": Source(LAYER + "attention.self.query.bias", "head*dim"),
        "W_K": Source(LAYER + "attention.self.key.weight", "head*dim, model"),
        "b_K": Source(LAYER + "attention.self.key.bias", "head*dim"),
        "W_V": Source(LAYER + "attention.self.value.weight", "head*dim, model"),
        "b_V": Source(LAYER + "attention.self.value.bias", "head*dim"),
        "W_O": Source(LAYER + "attention.output.dense.weight", "model, head*dim"),
        "b_O": Source(LAYER + "attention.output.dense.bias", "model"),
        "w_mid": Source(LAYER + "attention.output.LayerNorm.weight", "model"),
        "b_mid": Source(LAYER + "attention.output.LayerNorm.bias", "model"),
        "W_in": Source(LAYER + "intermediate.dense.weight", "mlp, model"),
        "b_in": Source(LAYER + "intermediate.dense.bias", "mlp"),
        "W_out": Source(LAYER + "output.dense.weight", "model, mlp"),
        "b_out": Source(LAYER + "output.dense.bias", "model"),
        "w_post": Source(LAYER + "output.LayerNorm.weight", "model"),
        "b_post": Source(LAYER + "output.LayerNorm.bias", "model"),
    },
    unused=("embeddings.position_ids", "pooler.dense.*", "cls.*"),
)  # fmt: skip

WITHOUT_DECODER = {key: value for key, value in BERT.defaults.items() if key != "is_decoder"}
"""BERT's defaults, for families that are never decoders."""
