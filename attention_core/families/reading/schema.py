"""The schema of a family: where its checkpoints keep each size, trait and tensor.

A family is one `Family`: its configuration's keys, and its tensors. Which tensors a model has follows from its traits,
which `architecture/` turns into stages; the family only gives their names and layouts. Their canonical names, beside
W_Q … W_out and b_Q … b_out:

    w_norm           the norm of the embeddings, and `W_embed` their projection
    w_mid, w_post    norms of a post-norm layer, after the attention and after the MLP
    w_attn, w_mlp    norms of each sublayer's input ("pre" and "both"); w_cross for cross-attention
    w_attn_out, w_mlp_out   norms of each sublayer's output ("branch" and "both")
    w_q_norm, w_k_norm      norms of queries and keys
    W_router, W_expert_gate, W_expert_in, W_expert_out   a router and its experts, in place of an MLP
    W_rel, W_pos, W_seg     tables of relative distances, positions and segments
    W_patch, W_cls   for images: the projection of the patches, and the class token
    w_final, W_U     the final norm, and the language-model head where it is not tied to W_E
    W_head, w_head_norm     projection and norm before that head

A norm's bias has its weight's name with b_ for w_. To add a family: write its table in this folder, list it in
`registry.py`, and give it a row in tests/oracle/references.py; a new trait is one field of ModelConfig and the stages
that follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

COMMON_HARMLESS = frozenset([
    "_attn_implementation_autoset", "_name_or_path", "_num_labels", "architectures", "attention_dropout",
    "attn_implementation", "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "chunk_size_feed_forward",
    "classifier_dropout", "cls_token_id", "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype",
    "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
    "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "id2label",
    "initializer_range", "label2id", "length_penalty", "mask_token_id", "max_length", "min_length", "model_type",
    "neftune_noise_alpha", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_labels",
    "num_return_sequences", "output_attentions", "output_hidden_states", "output_past", "output_scores",
    "pad_token_id", "prefix", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params",
    "temperature", "tf_legacy_loss", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
    "transformers.js_config", "transformers_version", "typical_p", "unk_token_id", "unsloth_fixed",
    "unsloth_version", "use_bfloat16", "use_cache",
])  # fmt: skip
"""Configuration keys without effect on what is computed here, in any family whose table does not say otherwise."""

COMMON_REQUIRED: Mapping[str, tuple[Any, ...]] = {
    "add_cross_attention": (False,), "cross_attention_hidden_size": (None,), "is_composition": (False,),
    "is_encoder_decoder": (False,), "pruned_heads": ({}, None), "quantization_config": (None,),
    "tie_encoder_decoder": (False,),
}  # fmt: skip
"""Configuration keys -> the only supported values, in any family whose table does not say otherwise."""

ACTIVATION_CHOICES = {
    "gelu": {"activation": "gelu"},
    "gelu_new": {"activation": "gelu_tanh"},
    "gelu_fast": {"activation": "gelu_tanh"},
    "gelu_pytorch_tanh": {"activation": "gelu_tanh"},
    "quick_gelu": {"activation": "quick_gelu"},
    "relu": {"activation": "relu"},
    "silu": {"activation": "silu"},
    "swish": {"activation": "silu"},
    "tanh": {"activation": "tanh"},
}
"""Activations by their names in configurations, for `Family.choices`."""

HEAD_CHOICES = {True: {"head": "tied"}, False: {"head": "untied"}}
"""The language-model head by `tie_word_embeddings`, for `Family.choices`."""

DEFAULT_N_CTX = 1 << 14
"""The longest input, in tokens, of a model without a limit of its own."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A tensor's name and layout in a checkpoint.

    name:    with `{layer}` for the layer's number, and `{expert}`, `{head}` or `{kv_head}` for the number of an expert
             or head where each is a separate tensor, of this layout
    layout:  its axes in the checkpoint, with the declaration's names. A product such as "head*dim" is one axis that is
             split in two; a sum such as "(head + kv_head + kv_head)*dim" is several tensors concatenated, of which
             `part` is taken. "group" is the number of heads that share a key: "kv_head*group" is "head".
    part:    which of the concatenated tensors it is, counted from 0
    instead: alternative names, of which the first in the checkpoint is used where `name` is missing
    zero:    whether the tensor may be missing, and is then zero
    """

    name: str
    layout: str
    part: int = 0
    instead: tuple[str, ...] = ()
    zero: bool = False


@dataclass(frozen=True)
class Rule:
    """Traits that need more than a table: the keys that are read, and a function from their values to traits."""

    keys: tuple[str, ...]
    read: Callable[[Values], dict[str, Any]]


SIZE_KEYS = {
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_model": "hidden_size",
    "d_mlp": "intermediate_size",
    "d_vocab": "vocab_size",
    "n_ctx": "max_position_embeddings",
}
"""The usual keys of the sizes: ModelConfig's field <- configuration key."""


@dataclass(frozen=True)
class Family:
    """A family of models as data; a variant is `dataclasses.replace` of another family.

    model_type: the `model_type` of its configurations
    prefixes:   possible prefixes of all tensor names
    sizes:      ModelConfig's field <- configuration key
    aliases:    alternative name of a configuration key -> the key
    defaults:   configuration key -> its value where it is missing
    traits:     ModelConfig's fields that are the same for the whole family
    choices:    configuration key -> {its value: ModelConfig's fields}; other values are refused
    rules:      traits that follow from several keys, or from one by a function
    required:   configuration key -> the only supported values; others are refused by name
    harmless:   configuration keys, beside COMMON_HARMLESS, without effect on what is computed here
    tensors:    canonical name <- source
    unused:     patterns of tensor names that are known and not needed
    encoder:    for an encoder–decoder, the family of its encoder; this is then the decoder
    within:     for a multimodal model, the key that holds the configuration of its language model
    around:     keys beside that one without effect on what is computed from text
    """

    model_type: str
    prefixes: tuple[str, ...]
    sizes: Mapping[str, str]
    defaults: Mapping[str, Any]
    tensors: Mapping[str, Source]
    aliases: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Mapping[Any, Mapping[str, Any]]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    required: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()
    encoder: Family | None = None
    within: str = ""
    around: frozenset[str] = frozenset()
