"""What config.json says in repositories of the hub, beside the catalogue's: with the keys that people and tools leave.

A row is a model's configuration and the keys that are ignored, or the beginning of the message that refuses it. The
keys are what matters: some sizes are those of another model of the family. A description in place of a repository's
name is for keys that are found in many.
"""

from typing import Any

SLIDING, FULL = "sliding_attention", "full_attention"

BERT = {
    "attention_probs_dropout_prob": 0.1, "classifier_dropout": None, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
    "hidden_size": 384, "initializer_range": 0.02, "intermediate_size": 1536, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 6,
    "pad_token_id": 0, "position_embedding_type": "absolute", "type_vocab_size": 2, "use_cache": True,
    "vocab_size": 30522,
}  # fmt: skip
XLM_R = BERT | {
    "bos_token_id": 0, "eos_token_id": 2, "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 514, "model_type": "xlm-roberta", "output_past": True, "pad_token_id": 1,
    "type_vocab_size": 1, "vocab_size": 250002, "num_hidden_layers": 12,
}  # fmt: skip
LLAMA = {
    "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009],
    "head_dim": 64, "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192,
    "max_position_embeddings": 131072, "mlp_bias": False, "model_type": "llama", "num_attention_heads": 32,
    "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
    "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                     "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    "rope_theta": 500000.0, "tie_word_embeddings": True, "use_cache": True, "vocab_size": 128256,
}  # fmt: skip
MISTRAL = {
    "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "head_dim": 128, "hidden_act": "silu",
    "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336, "max_position_embeddings": 32768,
    "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
    "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "sliding_window": None, "tie_word_embeddings": False,
    "use_cache": True, "vocab_size": 32768,
}  # fmt: skip
PHI3 = {
    "architectures": ["Phi3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
    "auto_map": {"AutoConfig": "configuration_phi3.Phi3Config",
                 "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"},
    "bos_token_id": 1, "embd_pdrop": 0.0, "eos_token_id": 32000, "hidden_act": "silu", "hidden_size": 3072,
    "initializer_range": 0.02, "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "phi3",
    "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
    "original_max_position_embeddings": 4096, "pad_token_id": 32000, "resid_pdrop": 0.0, "rms_norm_eps": 1e-05,
    "rope_scaling": None, "rope_theta": 10000.0, "sliding_window": 2047, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16", "transformers_version": "4.40.2", "use_cache": True, "vocab_size": 32064,
}  # fmt: skip
QWEN2 = {
    "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 1536,
    "initializer_range": 0.02, "intermediate_size": 8960, "max_position_embeddings": 131072, "max_window_layers": 21,
    "model_type": "qwen2", "num_attention_heads": 12, "num_hidden_layers": 28, "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 131072, "tie_word_embeddings": False,
    "use_cache": True, "use_sliding_window": False, "vocab_size": 151646,
}  # fmt: skip
QWEN3 = QWEN2 | {
    "architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "head_dim": 128, "hidden_size": 1024,
    "intermediate_size": 3072, "max_position_embeddings": 32768, "max_window_layers": 28, "model_type": "qwen3",
    "num_attention_heads": 16, "num_key_value_heads": 8, "rope_scaling": None, "sliding_window": None,
    "vocab_size": 151669,
}  # fmt: skip
FALCON = {
    "alibi": False, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0, "bias": False, "bos_token_id": 11,
    "auto_map": {"AutoConfig": "configuration_falcon.FalconConfig", "AutoModel": "modeling_falcon.FalconModel",
                 "AutoModelForCausalLM": "modeling_falcon.FalconForCausalLM",
                 "AutoModelForQuestionAnswering": "modeling_falcon.FalconForQuestionAnswering"},
    "eos_token_id": 11, "hidden_dropout": 0.0, "hidden_size": 4544, "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05, "model_type": "falcon", "multi_query": True, "new_decoder_architecture": False,
    "num_attention_heads": 71, "num_hidden_layers": 32, "parallel_attn": True, "use_cache": True, "vocab_size": 65024,
}  # fmt: skip
GEMMA2 = {
    "attention_bias": False, "attn_logit_softcapping": 50.0, "bos_token_id": 2, "cache_implementation": "hybrid",
    "eos_token_id": 1, "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304, "intermediate_size": 9216,
    "max_position_embeddings": 8192, "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26,
    "num_key_value_heads": 4, "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06,
    "rope_theta": 10000.0, "sliding_window": 4096, "use_cache": True, "vocab_size": 256000,
}  # fmt: skip
OPT = {
    "_remove_final_layer_norm": False, "activation_dropout": 0.0, "activation_function": "relu", "bos_token_id": 2,
    "do_layer_norm_before": True, "dropout": 0.1, "eos_token_id": 2, "ffn_dim": 3072, "hidden_size": 768,
    "init_std": 0.02, "layerdrop": 0.0, "max_position_embeddings": 2048, "model_type": "opt", "pad_token_id": 1,
    "num_attention_heads": 12, "num_hidden_layers": 12, "prefix": "</s>", "vocab_size": 50272,
    "word_embed_proj_dim": 768,
}  # fmt: skip
NEOX = {
    "attention_bias": True, "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu",
    "hidden_dropout": 0.0, "hidden_size": 1024, "intermediate_size": 4096, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 16, "num_hidden_layers": 24,
    "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": False, "use_parallel_residual": True,
    "vocab_size": 50304,
}  # fmt: skip
T5 = {
    "architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 768,
    "dense_act_fn": "gelu_new", "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1,
    "feed_forward_proj": "gated-gelu",
    "is_encoder_decoder": True, "is_gated_act": True, "layer_norm_epsilon": 1e-06, "model_type": "t5",
    "num_decoder_layers": 12, "num_heads": 12, "num_layers": 12, "pad_token_id": 0,
    "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "tie_word_embeddings": False,
    "vocab_size": 32128,
}  # fmt: skip

READ: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "cross-encoder/ms-marco-MiniLM-L-6-v2": (
        BERT | {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"},
                "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"},
        ("sbert_ce_default_activation_function",)),
    "cross-encoder/ms-marco-MiniLM-L6-v2": (
        BERT | {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity", "version": "4.1.0"}},
        ("sentence_transformers",)),
    "google-bert/bert-base-chinese": (
        BERT | {"directionality": "bidi", "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "vocab_size": 21128,
                "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform"}, ()),
    "dbmdz/bert-large-cased-finetuned-conll03-english": (
        BERT | {"_num_labels": 9, "finetuning_task": None, "is_decoder": False, "num_beams": 1, "num_labels": 9,
                "output_past": True, "pruned_heads": {}, "torchscript": False, "use_bfloat16": False,
                "xla_device": None, "length_penalty": 1.0, "repetition_penalty": 1.0}, ("xla_device",)),
    "BAAI/bge-reranker-base": (XLM_R | {"_name_or_path": "xlm-roberta-base", "id2label": {"0": "LABEL_0"}}, ()),
    "a reranker saved by two libraries": (
        XLM_R | {"adapters": {"adapters": {}, "config_map": {}, "fusions": {}},
                 "_model_name_or_path": "xlm-roberta-base", "keys_to_ignore_at_inference": [],
                 "_attn_implementation": "sdpa"},
        ("_attn_implementation", "_model_name_or_path", "adapters", "keys_to_ignore_at_inference")),
    "google/electra-small-discriminator": (
        BERT | {"model_type": "electra", "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4,
                "summary_activation": "gelu", "summary_last_dropout": 0.1, "summary_type": "first",
                "summary_use_proj": True, "xla_device": True}, ("xla_device",)),
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english": (
        {"activation": "gelu", "attention_dropout": 0.1, "dim": 768, "dropout": 0.1, "finetuning_task": "sst-2",
         "hidden_dim": 3072, "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "max_position_embeddings": 512,
         "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "output_past": True, "pad_token_id": 0,
         "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": False, "tie_weights_": True,
         "vocab_size": 30522}, ()),
    "meta-llama/Llama-3.2-1B-Instruct": (LLAMA, ()),
    "unsloth/Llama-3.2-1B-Instruct": (LLAMA | {"unsloth_fixed": True, "unsloth_version": "2025.3.1"}, ()),
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": (
        LLAMA | {"rope_scaling": None, "rope_theta": 10000.0, "max_position_embeddings": 2048, "vocab_size": 32000,
                 "intermediate_size": 5632, "num_hidden_layers": 22, "num_key_value_heads": 4,
                 "tie_word_embeddings": False}, ()),
    "a Llama made from a Qwen": (
        LLAMA | {"max_window_layers": 28, "sliding_window": 4096, "use_sliding_window": False,
                 "authors": ["A", "B"], "license": "other", "date": "2025-01-01"},
        ("authors", "date", "license", "max_window_layers", "sliding_window", "use_sliding_window")),
    "a Llama with a longer context": (
        LLAMA | {"rope_scaling": {"factor": 16.0, "finetuned": True, "original_max_position_embeddings": 4096,
                                  "type": "yarn"}}, ()),
    "a Llama with its rotation said twice": (
        LLAMA | {"original_max_position_embeddings": 8192, "partial_rotary_factor": 1.0, "rotary_dim": 64,
                 "rope_interleaved": False},
        ("original_max_position_embeddings", "partial_rotary_factor", "rotary_dim")),
    "mistralai/Mistral-7B-Instruct-v0.3": (MISTRAL, ()),
    "a Mistral fine-tuned with a newer library": (MISTRAL | {"layer_types": [FULL] * 32}, ("layer_types",)),
    "mistralai/Mistral-7B-v0.1": (
        MISTRAL | {"layer_types": [SLIDING] * 32, "sliding_window": 4096, "vocab_size": 32000}, ("layer_types",)),
    "mistralai/Mixtral-8x7B-v0.1": (
        MISTRAL | {"model_type": "mixtral", "num_experts_per_tok": 2, "num_local_experts": 8,
                   "output_router_logits": False, "router_aux_loss_coef": 0.02, "layer_types": None}, ("layer_types",)),
    "microsoft/Phi-3-mini-4k-instruct": (PHI3, ("attention_bias", "auto_map")),
    "a fine-tune of Phi-3": (
        PHI3 | {"auto_map": {"AutoConfig": "microsoft/Phi-3-mini-4k-instruct--configuration_phi3.Phi3Config",
                             "AutoModel": "microsoft/Phi-3-mini-4k-instruct--modeling_phi3.Phi3Model"}},
        ("attention_bias", "auto_map")),
    "microsoft/Phi-4-mini-instruct": (
        PHI3 | {"auto_map": PHI3["auto_map"] | {"AutoTokenizer": "Xenova/gpt-4o"}, "full_attn_mod": 1,
                "interpolate_factor": 1, "lm_head_bias": False, "mlp_bias": False, "num_attention_heads": 24,
                "num_key_value_heads": 8, "partial_rotary_factor": 0.75, "sliding_window": 262144,
                "tie_word_embeddings": True, "vocab_size": 200064},
        ("attention_bias", "auto_map", "full_attn_mod", "interpolate_factor", "lm_head_bias", "mlp_bias")),
    "microsoft/phi-2": (
        {"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 50256, "embd_pdrop": 0.0,
         "eos_token_id": 50256, "hidden_act": "gelu_new", "hidden_size": 2560, "intermediate_size": 10240,
         "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "model_type": "phi", "num_attention_heads": 32,
         "num_hidden_layers": 32, "num_key_value_heads": 32, "partial_rotary_factor": 0.4, "qk_layernorm": False,
         "resid_pdrop": 0.1, "rope_scaling": None, "rope_theta": 10000.0, "tie_word_embeddings": False,
         "auto_map": {"AutoConfig": "configuration_phi.PhiConfig",
                      "AutoModelForCausalLM": "modeling_phi.PhiForCausalLM"}, "vocab_size": 51200}, ("auto_map",)),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B": (QWEN2 | {"use_mrope": False}, ()),
    "Qwen/Qwen3-Embedding-0.6B": (QWEN3, ()),
    "a Qwen2 of a newer library": (
        QWEN2 | {"layer_types": [FULL] * 28, "head_dim": 128, "attention_bias": True}, ("attention_bias", "head_dim")),
    "Qwen/Qwen3-30B-A3B": (
        QWEN3 | {"model_type": "qwen3_moe", "decoder_sparse_step": 1, "mlp_only_layers": [],
                 "moe_intermediate_size": 768, "norm_topk_prob": True,
                 "num_experts": 128, "num_experts_per_tok": 8, "output_router_logits": False,
                 "router_aux_loss_coef": 0.001}, ()),
    "tiiuae/falcon-7b": (FALCON | {"apply_residual_connection_post_layernorm": False}, ("auto_map",)),
    "google/gemma-2-2b": (GEMMA2 | {"_attn_implementation": "eager"}, ("_attn_implementation",)),
    "google/gemma-7b": (
        {key: value for key, value in GEMMA2.items() if "softcapping" not in key and key not in (
            "hidden_activation", "query_pre_attn_scalar", "sliding_window", "cache_implementation")}
        | {"model_type": "gemma", "hidden_act": "gelu", "rope_scaling": None, "hidden_size": 3072,
           "num_hidden_layers": 28,
           "intermediate_size": 24576, "num_attention_heads": 16, "num_key_value_heads": 16}, ()),
    "facebook/opt-125m": (OPT, ()),
    "facebook/galactica-125m": (OPT | {"learn_embeds": True, "scale_embeddings": False, "activation_function": "gelu",
                                       "enable_bias": False}, ("learn_embeds", "scale_embeddings")),
    "EleutherAI/pythia-410m": (NEOX, ()),
    "databricks/dolly-v2-3b": (
        NEOX | {"custom_pipelines": {"text-generation": {"impl": "instruct_pipeline.InstructionPipeline"}}},
        ("custom_pipelines",)),
    "stabilityai/stablelm-2-1_6b": (
        {"bos_token_id": 100257, "eos_token_id": 100257, "hidden_act": "silu", "hidden_size": 2048,
         "intermediate_size": 5632, "layer_norm_eps": 1e-05, "max_position_embeddings": 4096, "model_type": "stablelm",
         "num_attention_heads": 32, "num_hidden_layers": 24, "num_key_value_heads": 32, "partial_rotary_factor": 0.25,
         "rope_theta": 10000, "tie_word_embeddings": False, "use_qkv_bias": True, "vocab_size": 100352,
         "norm_bias": True,
         "auto_map": {"AutoConfig": "configuration_stablelm.StableLmConfig",
                      "AutoModelForCausalLM": "modeling_stablelm.StableLmForCausalLM"}}, ("auto_map", "norm_bias")),
    "allenai/OLMo-2-0425-1B": (
        {"attention_bias": False, "attention_dropout": 0.0, "eos_token_id": 100257, "hidden_act": "silu",
         "hidden_size": 2048, "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "olmo2",
         "num_attention_heads": 16, "num_hidden_layers": 16, "num_key_value_heads": 16, "pad_token_id": 100277,
         "rms_norm_eps": 1e-06, "rope_scaling": None, "rope_theta": 500000, "tie_word_embeddings": False,
         "vocab_size": 100352, "clip_qkv": None}, ("clip_qkv",)),
    "google/flan-t5-base": (T5 | {"n_positions": 512, "output_past": True}, ()),
    "google-t5/t5-base in a repository of a summarizer": (
        T5 | {"gradient_checkpointing": False, "classifier_dropout": 0.0, "max_position_embeddings": 512,
              "dataset": "cnn_dailymail"}, ("dataset", "max_position_embeddings")),
    "openai-community/gpt2 with the names of other families": (
        {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257,
         "hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 12, "max_position_embeddings": 1024,
         "reorder_and_upcast_attn": False, "scale_attn_weights": True, "quantize": None}, ("quantize",)),
}  # fmt: skip

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "Alibaba-NLP/gte-Qwen2-1.5B-instruct": (
        QWEN2 | {"auto_map": {"AutoModel": "modeling_qwen.Qwen2Model", "AutoModelForCausalLM":
                              "modeling_qwen.Qwen2ForCausalLM"}, "is_causal": False}, "auto_map names code"),
    "jinaai/jina-embeddings-v2-base-en": (
        BERT | {"auto_map": {"AutoConfig": "jinaai/jina-bert-implementation--configuration_bert.JinaBertConfig"},
                "position_embedding_type": "alibi", "feed_forward_type": "geglu", "emb_pooler": "mean"},
        "position_embedding_type = 'alibi'"),
    "jinaai/jina-embeddings-v3": (
        XLM_R | {"auto_map": {"AutoModel": "jinaai/xlm-roberta-flash-implementation--modeling_lora.XLMRobertaLoRA"},
                 "position_embedding_type": "rotary", "rotary_emb_base": 20000.0},
        "position_embedding_type = 'rotary'"),
    "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ": (
        MISTRAL | {"quantization_config": {"bits": 4, "quant_method": "gptq"}}, "Quantized weights"),
    "mlx-community/Llama-3.2-1B-Instruct-4bit": (
        LLAMA | {"quantization": {"bits": 4, "group_size": 64}}, r"Quantized weights \(quantization\)"),
    "a Mistral of alternating windows": (
        MISTRAL | {"layer_types": [FULL, SLIDING] * 16, "sliding_window": 4096}, "layer_types = "),
    "a Llama that attends both ways": (LLAMA | {"is_causal": False}, "is_causal = False does not agree"),
    "ibm-granite/granite-3.1-2b-base as a Llama": (
        LLAMA | {"attention_multiplier": 0.015625, "embedding_multiplier": 12.0, "logits_scaling": 8.0,
                 "residual_multiplier": 0.22}, "attention_multiplier = 0.015625, embedding_multiplier = 12.0, logits_"),
    "a BERT with rotary positions": (BERT | {"rotary_pct": 0.5, "rope_theta": 10000}, "rope_theta = 10000, rotary_pct"),
    "state-spaces/mamba-130m-hf": ({"model_type": "mamba", "hidden_size": 768}, "Models of type 'mamba' are not"),
    "Qwen/Qwen2-VL as a Qwen2": (
        QWEN2 | {"rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default", "type": "mrope"}},
        r"rope_type 'default' has unsupported keys: \['mrope_section'\]"),
}  # fmt: skip
