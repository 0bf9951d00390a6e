"""Small random reference models, one entry per family: their configurations, and where to hook their intermediates."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ROPE = {
    "linear": {"rope_type": "linear", "factor": 2.5},
    "dynamic": {"rope_type": "dynamic", "factor": 3.0},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 11},
    "yarn_by_hand": {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 17, "beta_fast": 8.0,
                     "beta_slow": 2.0, "attention_factor": 1.3, "truncate": False},
    "yarn_mscale": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 11, "mscale": 1.5,
                    "mscale_all_dim": 0.7},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 19},
    "longrope": {"rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 13,
                 "short_factor": [1.0, 1.5, 2.0], "long_factor": [2.0, 3.5, 7.0]},
}  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """How a family's reference models are created and hooked.

    config, model: names of classes
    sizes:    a different prime for each axis; n_ctx is the maximum length of the texts tested
    variants: changes to the sizes, one model each: the default, and each quirk
    layers, decoder: the path of the layers, and of the decoder's layers in an encoder–decoder
    hooks:    tensor -> (path of a module in a layer, "input" or "output" or the index of an output without a batch
              axis, and optionally a function that cuts the tensor out); a path may be a pair, for encoder and decoder;
              a layer may lack the module
    attention: how attention is recorded: by a spy, or by patching torch if the model has its own attention code
    width:    the width of a head, for hooked q and k
    hidden:   tensors that the reference computes in another form, which are not compared
    gain:     the gain of a matrix: around 1, so numbers are small enough for float32 to be exact to the fifth decimal,
              and large enough for attention to be far from uniform
    embedded: the gain of the embeddings: larger, so the layers' outputs do not dominate them
    inputs:   the input axis of its matrices
    std:      the standard deviation of its matrices in models written without torch: see tests/every_family.py
    """

    config: str
    model: str
    sizes: Mapping[str, Any]
    variants: tuple[Mapping[str, Any], ...]
    layers: str
    hooks: Mapping[str, tuple[Any, ...]]
    decoder: str = ""
    attention: Literal["spy", "eager", "sdpa"] = "spy"
    d_vocab: int = 101
    n_ctx: int = 43
    hidden: tuple[str, ...] = ()
    gain: float = 0.9
    embedded: float = 4.0
    inputs: int = -1
    std: float = 0.3
    width: Callable[[Any], int] = field(default=lambda config: config.head_dim)


BERT_SIZES = {
    "vocab_size": 101, "hidden_size": 35, "num_hidden_layers": 3, "num_attention_heads": 5,
    "intermediate_size": 53, "max_position_embeddings": 43, "type_vocab_size": 2,
}  # fmt: skip
BERT_HOOKS = {
    "q": ("attention.self.query", "output"), "k": ("attention.self.key", "output"),
    "attn_out": ("attention.output.dense", "output"), "resid_mid": ("attention.output.LayerNorm", "output"),
    "mlp_in": ("intermediate.dense", "output"), "mlp_out": ("output.dense", "output"),
}  # fmt: skip
LLAMA_SIZES = {
    "vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 3, "num_attention_heads": 6, "head_dim": 10,
    "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43,
}  # fmt: skip
SHARED_SIZES = {key: value for key, value in LLAMA_SIZES.items() if key != "head_dim"} | {"hidden_size": 60}
LLAMA_HOOKS = {
    "q": ("self_attn.q_proj", "output"), "k": ("self_attn.k_proj", "output"), "attn_out": ("self_attn", "output"),
    "resid_mid": ("post_attention_layernorm", "input"), "mlp_gate": ("mlp.gate_proj", "output"),
    "mlp_in": ("mlp.up_proj", "output"), "mlp_out": ("mlp", "output"),
}  # fmt: skip
GEMMA3_SIZES = LLAMA_SIZES | {"sliding_window": 5, "query_pre_attn_scalar": 167, "sliding_window_pattern": 2}
EXPERT_HOOKS = {
    **{name: at for name, at in LLAMA_HOOKS.items() if name not in ("mlp_gate", "mlp_in")},
    "router_logits": ("mlp.gate", 0), "expert_weight": ("mlp.gate", 1), "expert": ("mlp.gate", 2),
}  # fmt: skip
ROUTER_HOOKS = {name: (at.replace("mlp.gate", "mlp.router"), of) for name, (at, of) in EXPERT_HOOKS.items()}
PHI_HOOKS = {"attn_out": ("self_attn", "output"), "mlp_out": ("mlp", "output")}
SHARED_WIDTH = {"width": lambda config: config.hidden_size // config.num_attention_heads}
SLIDING, FULL = "sliding_attention", "full_attention"

PAIR_SIZES = {
    "vocab_size": 101, "d_model": 30, "encoder_layers": 3, "decoder_layers": 2, "encoder_attention_heads": 5,
    "decoder_attention_heads": 3, "encoder_ffn_dim": 53, "decoder_ffn_dim": 47, "max_position_embeddings": 71,
    "pad_token_id": 1, "decoder_start_token_id": 2,
}  # fmt: skip
PAIR_VARIANTS = (
    {}, {"scale_embedding": True, "activation_function": "swish"},
    {"tie_word_embeddings": False, "activation_function": "relu", "encoder_attention_heads": 1},
    {"decoder_layers": 3, "encoder_layers": 1, "activation_function": "gelu_new", "d_model": 15},
)  # fmt: skip
PAIR_HOOKS = {
    "attn_out": ("self_attn", "output"), "mlp_in": ("fc1", "output"), "mlp_out": ("fc2", "output"),
}  # fmt: skip
PRE_MID = (("final_layer_norm", "encoder_attn_layer_norm"), "input")
POST_MID = ("self_attn_layer_norm", "output")


def in_turn(at: int) -> Callable[[Any], Callable[[Any], Any]]:
    """A function that cuts queries, keys or values from rows where each group's queries precede its key and value.

    at: 0 for queries, 1 for keys, 2 for values; each becomes [head, position, dim]
    """

    def cut(config: Any) -> Callable[[Any], Any]:
        heads = config.num_attention_heads
        width = config.hidden_size // heads

        def split(fused: Any) -> Any:
            rows = fused[0].unflatten(1, (-1, width))  # [position, queries, keys and values, dim]
            groups = rows.unflatten(1, ((rows.shape[1] - heads) // 2, -1))
            return [groups[:, :, :-2].flatten(1, 2), groups[:, :, -2], groups[:, :, -1]][at].transpose(0, 1)

        return split

    return cut


REFERENCES: dict[str, Reference] = {
    "bert": Reference(
        "BertConfig", "BertModel", BERT_SIZES,
        ({}, {"hidden_act": "relu"}, {"is_decoder": True}, {"hidden_act": "gelu_new", "layer_norm_eps": 1e-3}),
        "encoder.layer", BERT_HOOKS, gain=1.2, **SHARED_WIDTH,
    ),
    **{
        name: Reference(
            f"{start}Config", f"{start}Model", BERT_SIZES | {"pad_token_id": 1},
            ({}, {"hidden_act": "relu"}, {"pad_token_id": 3}, {"is_decoder": True, "layer_norm_eps": 1e-3}),
            "encoder.layer", BERT_HOOKS, n_ctx=39, gain=1.2, **SHARED_WIDTH,
        )
        for name, start in (("roberta", "Roberta"), ("xlm-roberta", "XLMRoberta"), ("camembert", "Camembert"))
    },
    **{
        name: Reference(
            f"{start}Config", f"{start}{head}", PAIR_SIZES, PAIR_VARIANTS, "model.encoder.layers",
            PAIR_HOOKS | {"resid_mid": mid}, decoder="model.decoder.layers", gain=1.2,
            embedded=1.5, std=0.15,
        )
        for name, start, head, mid in (
            ("bart", "Bart", "ForConditionalGeneration", POST_MID),
            ("mbart", "MBart", "ForConditionalGeneration", PRE_MID),
            ("marian", "Marian", "MTModel", POST_MID),
            ("pegasus", "Pegasus", "ForConditionalGeneration", PRE_MID),
        )
    },
    "albert": Reference(
        "AlbertConfig", "AlbertModel", BERT_SIZES | {"embedding_size": 13},
        ({}, {"embedding_size": 35}, {"hidden_act": "relu"},
         {"num_hidden_layers": 5, "num_hidden_groups": 2, "layer_norm_eps": 1e-3}),
        "encoder.albert_layer_groups",
        {"q": ("albert_layers.0.attention.query", "output"), "k": ("albert_layers.0.attention.key", "output"),
         "attn_out": ("albert_layers.0.attention.dense", "output"),
         "resid_mid": ("albert_layers.0.attention.LayerNorm", "output"),
         "mlp_in": ("albert_layers.0.ffn", "output"), "mlp_out": ("albert_layers.0.ffn_output", "output")},
        gain=1.1, **SHARED_WIDTH,
    ),
    "electra": Reference(
        "ElectraConfig", "ElectraModel", BERT_SIZES | {"embedding_size": 13},
        ({}, {"embedding_size": 35}, {"hidden_act": "relu"}, {"is_decoder": True, "layer_norm_eps": 1e-3}),
        "encoder.layer", BERT_HOOKS, gain=1.2, **SHARED_WIDTH,
    ),
    "mpnet": Reference(
        "MPNetConfig", "MPNetModel",
        {key: size for key, size in BERT_SIZES.items() if key != "type_vocab_size"} | {"max_position_embeddings": 181},
        ({}, {"hidden_act": "relu"}, {"pad_token_id": 3}, {"num_attention_heads": 1, "layer_norm_eps": 1e-3}),
        "encoder.layer",
        {"q": ("attention.attn.q", "output"), "k": ("attention.attn.k", "output"),
         "v": ("attention.attn.v", "output"), "z": ("attention.attn.o", "input"),
         "attn_out": ("attention.attn.o", "output"), "resid_mid": ("attention.LayerNorm", "output"),
         "mlp_in": ("intermediate.dense", "output"), "mlp_out": ("output.dense", "output")},
        n_ctx=179, attention="eager", std=0.2, **SHARED_WIDTH,
    ),
    "modernbert": Reference(
        "ModernBertConfig", "ModernBertForMaskedLM",
        {"vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 5, "num_attention_heads": 7,
         "intermediate_size": 53, "max_position_embeddings": 43, "local_attention": 11, "pad_token_id": 1},
        ({}, {"norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_bias": True},
         {"global_attn_every_n_layers": 2, "global_rope_theta": 77.0, "local_rope_theta": 33.0, "local_attention": 4,
          "tie_word_embeddings": False, "decoder_bias": False},
         {"layer_types": [SLIDING] * 5, "hidden_activation": "relu", "classifier_activation": "silu",
          "norm_eps": 1e-3},
         {"layer_types": [SLIDING, FULL, FULL, SLIDING, FULL],
          "rope_parameters": {FULL: {"rope_theta": 300.0} | ROPE["yarn"],
                              SLIDING: {"rope_theta": 50.0} | ROPE["linear"]}}),
        "model.layers",
        {"attn_out": ("attn", "output"), "resid_mid": ("mlp_norm", "input"), "mlp_out": ("mlp", "output")},
        std=0.1, **SHARED_WIDTH,
    ),
    "opt": Reference(
        "OPTConfig", "OPTForCausalLM",
        {"vocab_size": 101, "hidden_size": 35, "num_hidden_layers": 3, "num_attention_heads": 5, "ffn_dim": 53,
         "max_position_embeddings": 43, "word_embed_proj_dim": 35, "pad_token_id": 1},
        ({}, {"do_layer_norm_before": False, "word_embed_proj_dim": 13},
         {"enable_bias": False, "word_embed_proj_dim": 17},
         {"activation_function": "gelu", "tie_word_embeddings": False}),
        "model.decoder.layers",
        {"k": ("self_attn.k_proj", "output"), "attn_out": ("self_attn", "output")},
        # The reference scales queries instead of scores, and its last hidden state is already projected.
        hidden=("q_used", "contextual"), std=0.2, **SHARED_WIDTH,
    ),
    "distilbert": Reference(
        "DistilBertConfig", "DistilBertModel",
        {"vocab_size": 101, "dim": 35, "n_layers": 3, "n_heads": 5, "hidden_dim": 53, "max_position_embeddings": 43},
        ({}, {"activation": "relu"}, {"sinusoidal_pos_embds": True, "dim": 36, "n_heads": 6}, {"n_heads": 1}),
        "transformer.layer",
        {"q": ("attention.q_lin", "output"), "k": ("attention.k_lin", "output"),
         "attn_out": ("attention", "output"), "resid_mid": ("sa_layer_norm", "output"),
         "mlp_in": ("ffn.lin1", "output"), "mlp_out": ("ffn", "output")},
        width=lambda config: config.dim // config.n_heads, gain=1.2, std=0.15,
    ),
    "smollm3": Reference(
        "SmolLM3Config", "SmolLM3ForCausalLM", SHARED_SIZES | {"num_hidden_layers": 5, "pad_token_id": 0},
        ({}, {"no_rope_layers": [0, 1, 1, 0, 1], "num_key_value_heads": 1}, {"no_rope_layer_interval": 2},
         {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False, "num_key_value_heads": 6}),
        "model.layers", LLAMA_HOOKS, std=0.12, **SHARED_WIDTH,
    ),
    "gpt2": Reference(
        "GPT2Config", "GPT2LMHeadModel",
        {"vocab_size": 101, "n_embd": 35, "n_layer": 3, "n_head": 5, "n_inner": 53, "n_positions": 43},
        ({}, {"activation_function": "relu", "n_inner": None}, {"scale_attn_by_inverse_layer_idx": True},
         {"scale_attn_weights": False, "tie_word_embeddings": False}),
        "transformer.h",
        {"attn_out": ("attn", "output"), "resid_mid": ("ln_2", "input"), "mlp_in": ("mlp.c_fc", "output"),
         "mlp_out": ("mlp", "output")},
        inputs=0,
    ),
    "llama": Reference(
        "LlamaConfig", "LlamaForCausalLM",
        {"vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 3, "num_attention_heads": 6, "head_dim": 10,
         "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43},
        ({}, {"num_key_value_heads": 1, "tie_word_embeddings": True}, {"num_key_value_heads": 6, "hidden_act": "gelu"},
         {"attention_bias": True, "mlp_bias": True, "rms_norm_eps": 1e-3, "head_dim": None, "num_attention_heads": 7,
          "num_key_value_heads": 7},
         *({"rope_scaling": {"rope_theta": 500.0} | rope, "head_dim": 6,
            "max_position_embeddings": 29 if name == "dynamic" else 43} for name, rope in ROPE.items())),
        "model.layers",
        {"q": ("self_attn.q_proj", "output"), "k": ("self_attn.k_proj", "output"),
         "attn_out": ("self_attn", "output"), "resid_mid": ("post_attention_layernorm", "input"),
         "mlp_gate": ("mlp.gate_proj", "output"), "mlp_in": ("mlp.up_proj", "output"), "mlp_out": ("mlp", "output")},
        std=0.15,
    ),
    "mistral": Reference(
        "MistralConfig", "MistralForCausalLM", LLAMA_SIZES,
        ({"sliding_window": None}, {"sliding_window": 7}, {"num_key_value_heads": 1, "sliding_window": 1},
         {"num_key_value_heads": 6, "head_dim": None, "hidden_size": 60, "tie_word_embeddings": True}),
        "model.layers", LLAMA_HOOKS, std=0.15,
    ),
    "qwen2": Reference(
        "Qwen2Config", "Qwen2ForCausalLM", SHARED_SIZES,
        ({}, {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1},
         {"num_key_value_heads": 1, "tie_word_embeddings": True},
         {"use_sliding_window": True, "sliding_window": 3, "layer_types": [SLIDING, FULL, SLIDING]}),
        "model.layers", LLAMA_HOOKS, std=0.15, **SHARED_WIDTH,
    ),
    "qwen3": Reference(
        "Qwen3Config", "Qwen3ForCausalLM", LLAMA_SIZES,
        ({}, {"attention_bias": True, "num_key_value_heads": 1},
         {"num_key_value_heads": 6, "tie_word_embeddings": True},
         {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}),
        "model.layers", LLAMA_HOOKS, std=0.15,
    ),
    "olmo2": Reference(
        "Olmo2Config", "Olmo2ForCausalLM", SHARED_SIZES,
        ({}, {"attention_bias": True}, {"num_key_value_heads": 1, "tie_word_embeddings": True},
         {"num_key_value_heads": 6, "rms_norm_eps": 1e-3}),
        "model.layers", {name: at for name, at in LLAMA_HOOKS.items() if name != "resid_mid"}, gain=0.5,
        embedded=16.0, std=0.15, **SHARED_WIDTH,
    ),
    "gemma": Reference(
        "GemmaConfig", "GemmaForCausalLM", LLAMA_SIZES,
        ({}, {"num_key_value_heads": 1}, {"attention_bias": True, "tie_word_embeddings": False},
         {"num_key_value_heads": 6, "hidden_act": "gelu"}),
        "model.layers", LLAMA_HOOKS, std=0.08,
    ),
    "gemma2": Reference(
        "Gemma2Config", "Gemma2ForCausalLM", LLAMA_SIZES | {"sliding_window": 5, "query_pre_attn_scalar": 17},
        ({}, {"attn_logit_softcapping": None, "final_logit_softcapping": None},
         {"attn_logit_softcapping": 3.0, "num_key_value_heads": 1, "final_logit_softcapping": 2.0},
         {"layer_types": [FULL, SLIDING, SLIDING], "hidden_activation": "gelu", "tie_word_embeddings": False}),
        "model.layers", {name: at for name, at in LLAMA_HOOKS.items() if name != "resid_mid"}, std=0.08,
    ),
    "gemma3_text": Reference(
        "Gemma3TextConfig", "Gemma3ForCausalLM",
        GEMMA3_SIZES,
        ({}, {"num_hidden_layers": 7, "sliding_window_pattern": 6, "query_pre_attn_scalar": 1009},
         {"num_key_value_heads": 1, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "rope_theta": 700.0,
          "rope_local_base_freq": 50.0},
         {"attention_bias": True, "tie_word_embeddings": False, "final_logit_softcapping": 2.0},
         {"layer_types": [FULL, SLIDING, FULL], "hidden_activation": "gelu", "num_key_value_heads": 6,
          "rope_parameters": {FULL: ROPE["llama3"] | {"rope_theta": 900.0}, SLIDING: ROPE["yarn"]}},
         {"layer_types": [SLIDING, SLIDING, SLIDING]}, {"layer_types": [FULL, FULL, FULL]}),
        "model.layers", {name: at for name, at in LLAMA_HOOKS.items() if name != "resid_mid"}, std=0.08,
    ),
    "gemma3": Reference(
        "Gemma3Config", "Gemma3ForConditionalGeneration",
        {"text_config": GEMMA3_SIZES, "mm_tokens_per_image": 4,
         "vision_config": {"hidden_size": 6, "intermediate_size": 7, "num_hidden_layers": 1, "num_attention_heads": 2,
                           "image_size": 22, "patch_size": 11}},
        ({}, {"text_config": GEMMA3_SIZES | {"num_key_value_heads": 1, "rope_scaling": ROPE["linear"]}},
         {"text_config": GEMMA3_SIZES | {"num_hidden_layers": 7, "sliding_window_pattern": 6,
                                         "query_pre_attn_scalar": 1009}},
         {"text_config": GEMMA3_SIZES | {"attention_bias": True, "layer_types": [FULL, SLIDING, SLIDING]},
          "image_token_index": 17}),
        "model.language_model.layers", {name: at for name, at in LLAMA_HOOKS.items() if name != "resid_mid"},
        std=0.08, width=lambda config: config.text_config.head_dim,
    ),
    "mixtral": Reference(
        "MixtralConfig", "MixtralForCausalLM", LLAMA_SIZES | {"num_local_experts": 7, "num_experts_per_tok": 3},
        ({}, {"num_experts_per_tok": 1, "num_key_value_heads": 1}, {"num_experts_per_tok": 7, "sliding_window": 5},
         {"num_local_experts": 1, "num_experts_per_tok": 1, "tie_word_embeddings": True},
         {"num_key_value_heads": 6, "hidden_act": "gelu", "head_dim": None, "hidden_size": 60,
          "num_experts_per_tok": 2}),
        "model.layers", EXPERT_HOOKS, std=0.15,
        width=lambda config: config.head_dim or config.hidden_size // config.num_attention_heads,
    ),
    "qwen3_moe": Reference(
        "Qwen3MoeConfig", "Qwen3MoeForCausalLM",
        LLAMA_SIZES | {"num_experts": 11, "num_experts_per_tok": 3, "moe_intermediate_size": 17},
        ({}, {"norm_topk_prob": True, "num_key_value_heads": 1, "attention_bias": True},
         {"mlp_only_layers": [1], "use_sliding_window": True, "sliding_window": 5},
         {"decoder_sparse_step": 2, "norm_topk_prob": True, "num_experts_per_tok": 11, "num_hidden_layers": 4},
         {"num_experts": 0, "tie_word_embeddings": True, "num_key_value_heads": 6}),
        "model.layers", EXPERT_HOOKS, std=0.15,
    ),
    "gpt_oss": Reference(
        "GptOssConfig", "GptOssForCausalLM",
        LLAMA_SIZES | {"num_local_experts": 7, "num_experts_per_tok": 3, "sliding_window": 5},
        ({}, {"attention_bias": False, "num_key_value_heads": 1, "swiglu_limit": 0.4, "num_experts_per_tok": 2},
         {"num_key_value_heads": 6, "layer_types": [FULL, SLIDING, SLIDING], "tie_word_embeddings": True,
          "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}},
         {"layer_types": [FULL, FULL, FULL], "num_experts_per_tok": 7, "rope_parameters": ROPE["yarn_by_hand"]},
         {"num_hidden_layers": 4, "num_local_experts": 1, "num_experts_per_tok": 1, "head_dim": 14,
          "rope_parameters": ROPE["llama3"] | {"rope_theta": 700.0}}),
        "model.layers", ROUTER_HOOKS, std=0.15,
    ),
    "phi3": Reference(
        "Phi3Config", "Phi3ForCausalLM", SHARED_SIZES | {"original_max_position_embeddings": 43, "pad_token_id": 0},
        ({}, {"sliding_window": 5, "num_key_value_heads": 1}, {"num_key_value_heads": 6, "tie_word_embeddings": True},
         {"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.6, "rope_theta": 300.0}},
         {"original_max_position_embeddings": 13,
          "rope_parameters": {"rope_type": "longrope", "rope_theta": 500.0, "short_factor": [1.0, 1.2, 1.5, 1.7, 2.0],
                              "long_factor": [1.5, 2.0, 3.0, 4.0, 7.0]}}),
        "model.layers", PHI_HOOKS, std=0.15,
    ),
    "phi": Reference(
        "PhiConfig", "PhiForCausalLM", SHARED_SIZES | {"hidden_size": 72},
        ({}, {"num_key_value_heads": 1, "qk_layernorm": True},
         {"num_key_value_heads": 6, "hidden_act": "relu", "qk_layernorm": True},
         {"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 1.0, "rope_theta": 300.0},
          "layer_norm_eps": 1e-3}),
        "model.layers", PHI_HOOKS, std=0.2,
    ),
    "stablelm": Reference(
        "StableLmConfig", "StableLmForCausalLM", SHARED_SIZES,
        ({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.4, "rope_theta": 1000.0}},
         {"use_qkv_bias": True, "num_key_value_heads": 1, "qk_layernorm": True,
          "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.6, "rope_theta": 300.0}},
         {"use_parallel_residual": True, "num_key_value_heads": 6, "qk_layernorm": True,
          "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 1.0, "rope_theta": 300.0}},
         {"tie_word_embeddings": True, "layer_norm_eps": 1e-3,
          "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.2, "rope_theta": 300.0}}),
        "model.layers", PHI_HOOKS, std=0.15,
    ),
    "gpt_neox": Reference(
        "GPTNeoXConfig", "GPTNeoXForCausalLM",
        {"vocab_size": 101, "hidden_size": 40, "num_hidden_layers": 3, "num_attention_heads": 5,
         "intermediate_size": 53, "max_position_embeddings": 43},
        ({}, {"use_parallel_residual": False, "rope_parameters": {"partial_rotary_factor": 0.5, "rope_theta": 300.0}},
         {"attention_bias": False, "hidden_act": "gelu_new", "rope_parameters": {"partial_rotary_factor": 1.0}},
         {"tie_word_embeddings": True, "layer_norm_eps": 1e-3}),
        "gpt_neox.layers",
        {"attn_out": ("attention", "output"), "mlp_in": ("mlp.dense_h_to_4h", "output"),
         "mlp_out": ("mlp", "output")},
    ),
    "gpt_neo": Reference(
        "GPTNeoConfig", "GPTNeoForCausalLM",
        {"vocab_size": 101, "hidden_size": 35, "num_layers": 3, "num_heads": 5, "intermediate_size": 53,
         "max_position_embeddings": 43, "attention_types": [[["global", "local", "local"], 1]], "window_size": 7},
        ({}, {"attention_types": [[["local"], 3]], "window_size": 1, "intermediate_size": None},
         {"attention_types": [[["global"], 1], [["local", "global"], 1]], "window_size": 2,
          "activation_function": "relu"},
         {"tie_word_embeddings": False, "layer_norm_epsilon": 1e-3, "window_size": 256}),
        "transformer.h",
        {"q": ("attn.attention.q_proj", "output"), "k": ("attn.attention.k_proj", "output"),
         "v": ("attn.attention.v_proj", "output"), "z": ("attn.attention.out_proj", "input"),
         "attn_out": ("attn", "output"), "resid_mid": ("ln_2", "input"), "mlp_in": ("mlp.c_fc", "output"),
         "mlp_out": ("mlp", "output")},
        attention="eager", gain=0.7, std=0.15, width=lambda config: config.hidden_size // config.num_heads,
    ),
    "gptj": Reference(
        "GPTJConfig", "GPTJForCausalLM",
        {"vocab_size": 101, "n_embd": 50, "n_layer": 3, "n_head": 5, "n_inner": 53, "n_positions": 43, "rotary_dim": 6},
        ({}, {"rotary_dim": 10, "n_inner": None}, {"rotary_dim": 2, "activation_function": "relu"},
         {"n_head": 1, "rotary_dim": 14, "tie_word_embeddings": True, "layer_norm_epsilon": 1e-3}),
        "transformer.h",
        {"q": ("attn.q_proj", "output"), "k": ("attn.k_proj", "output"), "v": ("attn.v_proj", "output"),
         "z": ("attn.out_proj", "input"), "attn_out": ("attn", "output"), "mlp_in": ("mlp.fc_in", "output"),
         "mlp_out": ("mlp", "output")},
        attention="eager", std=0.2, width=lambda config: config.n_embd // config.n_head,
    ),
    "bloom": Reference(
        "BloomConfig", "BloomForCausalLM", {"vocab_size": 101, "hidden_size": 35, "n_layer": 3, "n_head": 5},
        ({}, {"n_head": 7}, {"hidden_size": 32, "n_head": 8}, {"n_head": 1, "tie_word_embeddings": False},
         {"hidden_size": 36, "n_head": 12, "layer_norm_epsilon": 1e-3}),
        "transformer.h",
        {**{kind: ("self_attention.query_key_value", "output", in_turn(at)) for at, kind in enumerate("qkv")},
         "z": ("self_attention.dense", "input"), "attn_out": ("self_attention.dense", "output"),
         "resid_mid": ("post_attention_layernorm", "input"), "mlp_in": ("mlp.dense_h_to_4h", "output"),
         "mlp_out": ("mlp.dense_4h_to_h", "output")},
        attention="eager", std=0.2, width=lambda config: config.hidden_size // config.n_head,
    ),
    "falcon": Reference(
        "FalconConfig", "FalconForCausalLM",
        {"vocab_size": 101, "hidden_size": 60, "num_hidden_layers": 3, "num_attention_heads": 6, "ffn_hidden_size": 53,
         "max_position_embeddings": 307},
        ({}, {"new_decoder_architecture": True, "num_kv_heads": 2},
         {"new_decoder_architecture": True, "num_kv_heads": 3, "num_ln_in_parallel_attn": 1, "bias": True,
          "rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 300.0}},
         {"alibi": True, "multi_query": False, "parallel_attn": False, "bias": True},
         {"alibi": True, "new_decoder_architecture": True, "hidden_size": 72, "num_kv_heads": 3},
         {"multi_query": False, "tie_word_embeddings": False, "ffn_hidden_size": None, "activation": "relu"},
         {"parallel_attn": False, "layer_norm_epsilon": 1e-3, "alibi": True}),
        "transformer.h",
        {**{kind: ("self_attention.query_key_value", "output", in_turn(at)) for at, kind in enumerate("qkv")},
         "attn_out": ("self_attention", "output"), "mlp_in": ("mlp.dense_h_to_4h", "output")},
        # Positions beyond 256 are rounded in bfloat16; the reference repeats shared keys before attention.
        n_ctx=307, attention="sdpa", hidden=("k_used",), std=0.12,
    ),
    "t5": Reference(
        "T5Config", "T5ForConditionalGeneration",
        {"vocab_size": 101, "d_model": 37, "d_kv": 7, "d_ff": 53, "num_layers": 3, "num_decoder_layers": 2,
         "num_heads": 5, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 17},
        ({}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
         {"feed_forward_proj": "gated-silu", "num_decoder_layers": 3},
         {"relative_attention_num_buckets": 32, "relative_attention_max_distance": 128, "layer_norm_epsilon": 1e-3}),
        "encoder.block",
        {"q": ("layer.0.SelfAttention.q", "output"), "k": ("layer.0.SelfAttention.k", "output"),
         "attn_out": ("layer.0.SelfAttention", "output"),
         "resid_mid": ("layer.1", "input"),
         "mlp_out": (("layer.1.DenseReluDense", "layer.2.DenseReluDense"), "output")},
        decoder="decoder.block", gain=0.6, std=0.12,
        width=lambda config: config.d_kv,
    ),
}  # fmt: skip


def make(name: str, variant: int, folder: Any, *, large: bool = False, **more: Any) -> Any:
    """A reference model of a variant with random weights, norms and biases, saved with a tokenizer.

    large: whether every matrix has five times the gain, so scores reach a hundred and more
    """
    import torch
    import transformers

    import tests.oracle.capture  # noqa: F401 - registers the spy
    from tests.reference.make import tiny_tokenizer
    from tests.small_tokenizers import write_tokenizer

    row = REFERENCES[name]
    torch.manual_seed(variant)
    config = getattr(transformers, row.config)(**{**row.sizes, **row.variants[variant], **more})
    config._attn_implementation = row.attention
    config._experts_implementation = "eager"
    model = getattr(transformers, row.model)(config).eval()
    if row.variants[variant].get("tie_word_embeddings") is False and config.tie_word_embeddings:
        # T5 ties its head regardless of the setting, and unties it only for a checkpoint with a head.
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
    randomize(model, row, 5.0 if large else 1.0)
    model.save_pretrained(folder, safe_serialization=True)
    write_tokenizer(folder, tiny_tokenizer())
    return model


def randomize(model: Any, row: Reference, times: float = 1.0) -> None:
    """Fill all parameters of a new model with random numbers.

    times: a factor for the gain of its matrices
    """
    import torch

    embeddings = getattr(model.get_input_embeddings(), "weight", None)  # an image has none
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.requires_grad:
                continue  # sinusoids
            if parameter.dim() == 1:
                # A new norm's weights are 1, or 0 if the family adds 1 to them, and all new biases are 0.
                parameter.normal_(float(parameter.mean()), 0.3)
                continue
            width = parameter[0].numel() if parameter.dim() == 4 else parameter.shape[row.inputs]  # 4: of a patch
            gain = row.embedded if parameter is embeddings else row.gain * times
            parameter.normal_(0.0, gain / math.sqrt(width))
        for path, buffer in model.named_buffers():
            if path == "final_logits_bias":
                buffer.normal_(0.0, 0.3)
