"""What a family says of itself: where each size, trait and tensor stands in its checkpoints.

A family is one `Family`: its configuration's keys on one side, its tensors on the other. Which tensors a
model has follows from its traits, which `layer.py` and `ends.py` turn into stages; the family only says where
each stands. Their canonical names, beside W_Q … W_out and b_Q … b_out:

    w_norm           the embeddings' norm, and `W_embed` their projection
    w_mid, w_post    norms of a post-norm layer, after the attention and after the MLP
    w_attn, w_mlp    norms of what each half reads ("pre" and "both"); w_cross for the attention to an encoder
    w_attn_out, w_mlp_out   norms of what each half adds ("branch" and "both")
    w_q_norm, w_k_norm      norms of queries and keys
    W_router, W_expert_gate, W_expert_in, W_expert_out   a router and its experts, in place of an MLP
    W_rel, W_pos, W_seg     tables of relative distances, of places, of segments
    W_patch, W_cls   of an image: what its patches are multiplied by, and the token before them
    w_final, W_U     the last norm, and the language-model head where it is not W_E
    W_head, w_head_norm     projection and norm before that head

A norm's bias has its weight's name with b_ for w_. To add a family: write its table beside the others, name it
in `registry.py`, and give it a row in tests/oracle/references.py; a trait that no family had yet is one field of
ModelConfig and the stages that follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

HARMLESS = frozenset([
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
"""Configuration keys of any family that change nothing in what is computed here, where its family says nothing else."""

REQUIRED: Mapping[str, tuple[Any, ...]] = {
    "add_cross_attention": (False,), "cross_attention_hidden_size": (None,), "is_composition": (False,),
    "is_decoder": (False,), "is_encoder_decoder": (False,), "pruned_heads": ({}, None), "quantization_config": (None,),
    "tie_encoder_decoder": (False,),
}  # fmt: skip
"""The only values that are computed of configuration keys of any family, where it says nothing else."""

ACTIVATIONS = {
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
"""What configurations call the activations, for `Family.choices`."""

HEADS = {True: {"head": "tied"}, False: {"head": "untied"}}
"""What `tie_word_embeddings` says of the language-model head, for `Family.choices`."""

REACH = 1 << 14
"""How many tokens a model reads that sets no limit itself."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """Where a tensor stands in a checkpoint, and how it lies there.

    name:    the tensor's name, `{layer}` standing for the layer's number; `{expert}`, `{head}` or `{kv_head}` for
             that of an expert or a head, where each has a tensor of its own, whose layout this is
    layout:  its axes there, in the names that the declaration uses. A product such as "head*dim" is one axis
             that is cut in two; a sum such as "(head + kv_head + kv_head)*dim" is several tensors in one, of
             which `part` is taken. "group" is how many heads share a key, so that "kv_head*group" is "head".
    part:    which of the summed tensors it is, counted from 0
    instead: the tensors of which the first is meant that a checkpoint has, where it does not have this one
    zero:    whether a checkpoint may lack it, which then stands for zeros
    """

    name: str
    layout: str
    part: int = 0
    instead: tuple[str, ...] = ()
    zero: bool = False


@dataclass(frozen=True)
class Rule:
    """Traits that take more than one look at one key: the keys that are read, and what follows from their values."""

    keys: tuple[str, ...]
    read: Callable[[Values], dict[str, Any]]


SIZES = {
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_model": "hidden_size",
    "d_mlp": "intermediate_size",
    "d_vocab": "vocab_size",
    "n_ctx": "max_position_embeddings",
}
"""Where most configurations have their sizes: ModelConfig's field <- configuration key."""


@dataclass(frozen=True)
class Family:
    """A family of models as data; a twin is `dataclasses.replace` of another.

    model_type: what its configurations call themselves
    prefixes:   what may stand before every tensor's name
    sizes:      ModelConfig's field <- configuration key
    aliases:    other name of a configuration key -> the key
    defaults:   what a missing configuration key means
    traits:     ModelConfig's fields that are the same for the whole family
    choices:    configuration key -> {its value: ModelConfig's fields and values}; other values are refused
    rules:      traits that follow from several keys, or from one in a way that is no table
    required:   configuration key -> the only values that are computed; others are refused by name
    harmless:   configuration keys, beside HARMLESS, that change nothing in what is computed here
    tensors:    canonical name <- source
    unused:     patterns of tensor names that are known and not needed
    encoder:    of an encoder–decoder, the family of its encoder; this is then the decoder
    within:     of a model that sees too, the configuration key under which that of its language model stands
    around:     keys beside that one that change nothing in what is computed of a text
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
