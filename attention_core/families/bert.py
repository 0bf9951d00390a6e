"""BERT: post-norm, learned positions, every token sees every token.

Source: Devlin et al. 2018, https://arxiv.org/abs/1810.04805
"""

from attention_core.families.schema import Family, Source

HEADS = ("n_heads*d_head", "d_model")
WIDTH = ("d_model",)

BERT = Family(
    model_type="bert",
    prefixes=("", "bert."),
    sizes={
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "d_model": "hidden_size",
        "d_mlp": "intermediate_size",
        "d_vocab": "vocab_size",
        "n_ctx": "max_position_embeddings",
        "n_segments": "type_vocab_size",
        "norm_eps": "layer_norm_eps",
    },
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
    choices={
        "hidden_act": {"gelu": ("activation", "gelu"), "relu": ("activation", "relu")},
        "is_decoder": {False: ("causal", False), True: ("causal", True)},
    },
    required={
        "position_embedding_type": ("absolute",),
        "add_cross_attention": (False,),
        "is_encoder_decoder": (False,),
        "pruned_heads": ({}, None),
    },
    harmless=frozenset(
        [
            "_name_or_path",
            "architectures",
            "attention_probs_dropout_prob",
            "bos_token_id",
            "chunk_size_feed_forward",
            "classifier_dropout",
            "directionality",
            "dtype",
            "eos_token_id",
            "finetuning_task",
            "gradient_checkpointing",
            "hidden_dropout_prob",
            "id2label",
            "initializer_range",
            "label2id",
            "model_type",
            "output_attentions",
            "output_hidden_states",
            "output_past",
            "pad_token_id",
            "pooler_fc_size",
            "pooler_num_attention_heads",
            "pooler_num_fc_layers",
            "pooler_size_per_head",
            "pooler_type",
            "problem_type",
            "return_dict",
            "sep_token_id",
            "tie_word_embeddings",
            "torch_dtype",
            "transformers_version",
            "use_cache",
        ]
    ),
    embedding={
        "W_E": Source("embeddings.word_embeddings.weight", ("d_vocab", "d_model")),
        "W_pos": Source("embeddings.position_embeddings.weight", ("n_ctx", "d_model")),
        "W_seg": Source("embeddings.token_type_embeddings.weight", ("n_segments", "d_model")),
        "w_norm": Source("embeddings.LayerNorm.weight", WIDTH),
        "b_norm": Source("embeddings.LayerNorm.bias", WIDTH),
    },
    block={
        "W_Q": Source("encoder.layer.{layer}.attention.self.query.weight", HEADS, transposed=True),
        "b_Q": Source("encoder.layer.{layer}.attention.self.query.bias", ("n_heads*d_head",)),
        "W_K": Source("encoder.layer.{layer}.attention.self.key.weight", HEADS, transposed=True),
        "b_K": Source("encoder.layer.{layer}.attention.self.key.bias", ("n_heads*d_head",)),
        "W_V": Source("encoder.layer.{layer}.attention.self.value.weight", HEADS, transposed=True),
        "b_V": Source("encoder.layer.{layer}.attention.self.value.bias", ("n_heads*d_head",)),
        "W_O": Source(
            "encoder.layer.{layer}.attention.output.dense.weight", ("d_model", "n_heads*d_head"), transposed=True
        ),
        "b_O": Source("encoder.layer.{layer}.attention.output.dense.bias", WIDTH),
        "w_mid": Source("encoder.layer.{layer}.attention.output.LayerNorm.weight", WIDTH),
        "b_mid": Source("encoder.layer.{layer}.attention.output.LayerNorm.bias", WIDTH),
        "W_in": Source("encoder.layer.{layer}.intermediate.dense.weight", ("d_mlp", "d_model"), transposed=True),
        "b_in": Source("encoder.layer.{layer}.intermediate.dense.bias", ("d_mlp",)),
        "W_out": Source("encoder.layer.{layer}.output.dense.weight", ("d_model", "d_mlp"), transposed=True),
        "b_out": Source("encoder.layer.{layer}.output.dense.bias", WIDTH),
        "w_post": Source("encoder.layer.{layer}.output.LayerNorm.weight", WIDTH),
        "b_post": Source("encoder.layer.{layer}.output.LayerNorm.bias", WIDTH),
    },
    unused=("embeddings.position_ids", "pooler.dense.*", "cls.*"),
)
