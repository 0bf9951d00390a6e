"""The configuration of a GGUF file: its metadata under the names that the family's own configurations have.

Source of the metadata: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.falcon import FALCON
from attention_core.families.gemma import GEMMA, GEMMA2
from attention_core.families.gemma3 import GEMMA3_TEXT
from attention_core.families.gpt2 import GPT2
from attention_core.families.llama import LLAMA
from attention_core.families.phi3 import PHI3
from attention_core.families.qwen import QWEN2, QWEN3
from attention_core.families.reading.schema import Family
from attention_core.families.reading.windows import FULL, SLIDING
from attention_core.families.stablelm import STABLELM
from attention_core.gguf.names import gguf_family
from attention_core.gguf.rope import rope_config
from attention_core.gguf.settings import Settings
from attention_core.gguf.tensors import GGUFTensors

SIZES = {
    "block_count": "num_hidden_layers", "context_length": "max_position_embeddings", "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size", "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
}  # fmt: skip
RMS = SIZES | {"attention.layer_norm_rms_epsilon": "rms_norm_eps"}
GPT2_SIZES = {
    "block_count": "n_layer", "context_length": "n_positions", "embedding_length": "n_embd",
    "feed_forward_length": "n_inner", "attention.head_count": "n_head",
    "attention.layer_norm_epsilon": "layer_norm_epsilon",
}  # fmt: skip
"""Metadata -> configuration key."""

LAYERS_OF_27B = {"gemma2": 46, "gemma3": 62}
"""The number of layers of the models whose scores are divided by sqrt(hidden_size / heads), not by sqrt(head_dim)."""

Raw = dict[str, Any]
More = Callable[[Settings, Raw, GGUFTensors], Raw]


@dataclass(frozen=True)
class Architecture:
    """An architecture of llama.cpp, and how its settings become the configuration of a family.

    family: the family
    sizes:  metadata -> configuration key
    more:   a function for the keys that need more: of the settings, the configuration so far, and the tensors
    """

    family: Family
    sizes: Mapping[str, str]
    more: More


def rotation(settings: Settings, raw: Raw, tensors: GGUFTensors, own_width: bool = True, part: bool = False) -> Raw:
    """The rotation, and the width of a head.

    own_width: whether the family has a key for that width; otherwise it is hidden_size / num_attention_heads
    part:      whether the family may rotate a part of each head
    """
    d_model, n_heads = raw["hidden_size"], raw["num_attention_heads"]
    divided = d_model // n_heads if is_integer(d_model, 1) and is_integer(n_heads, 1) else None
    rotated, width = settings.integer("rope.dimension_count"), settings.integer("attention.key_length")
    width = width or (divided if part else rotated or divided)
    settings.require("attention.value_length", width)
    rotated = rotated or width
    if (not own_width and width != divided) or (not part and rotated != width):
        raise UnsupportedConfigError(
            f"{settings.architecture}: {rotated} of {width} dimensions of a head cannot be rotated, with hidden_size / "
            f"num_attention_heads = {divided}."
        )
    return {
        **rope_config(settings, raw["max_position_embeddings"], tensors, tensors.read),
        **({"head_dim": width} if own_width else {}),
        **({"partial_rotary_factor": rotated / width} if part and rotated and width else {}),
    }


def llama(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Llama and Mistral, with biases where the file has them; with experts it would be a Mixtral."""
    for key in ("expert_count", "expert_used_count"):
        settings.require(key, 0)
    settings.require("tensor_data_layout", "Meta AI original pth")
    biases = {"attention_bias": "blk.0.attn_q.bias" in tensors, "mlp_bias": "blk.0.ffn_gate.bias" in tensors}
    return rotation(settings, raw, tensors) | biases


def qwen2(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Qwen2, whose files say nothing of a window: no published model has one."""
    return rotation(settings, raw, tensors, own_width=False)


def qwen3(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Qwen3, with biases where the file has them."""
    return rotation(settings, raw, tensors) | {"attention_bias": "blk.0.attn_q.bias" in tensors}


def gemma2(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Gemma 2: soft caps, the window of every second layer, and the divisor of the scores, which only 27B has apart."""
    config = rotation(settings, raw, tensors)
    width = config["head_dim"]
    if raw["num_hidden_layers"] == LAYERS_OF_27B[settings.architecture]:
        width = raw["hidden_size"] // raw["num_attention_heads"]
    caps = {f"{kind}_logit_softcapping": settings.number(f"{kind}_logit_softcapping") for kind in ("attn", "final")}
    window = settings.integer("attention.sliding_window")
    return config | caps | {"query_pre_attn_scalar": width, "sliding_window": window}


def gemma3(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Gemma 3: Gemma 2 with another rotation in sliding layers, which are five of six."""
    base, pattern = settings.number("rope.freq_base_swa"), settings.take("attention.sliding_window_pattern")
    config = gemma2(settings, raw, tensors)
    if base is not None:
        config["rope_local_base_freq"] = base
    if isinstance(pattern, list):
        config["layer_types"] = [SLIDING if each else FULL for each in pattern]
    elif pattern is not None:
        config["sliding_window_pattern"] = pattern
    return config


def phi3(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Phi-3: a window in every layer, where it is not 0."""
    config = rotation(settings, raw, tensors, own_width=False, part=True)
    original = config.get("rope_scaling", {}).get("original_max_position_embeddings", raw["max_position_embeddings"])
    window = settings.integer("attention.sliding_window") or None
    return config | {"sliding_window": window, "original_max_position_embeddings": original}


def stablelm(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """StableLM; `use_parallel_residual` is also written for models without it, so that the tensors decide."""
    settings.take("use_parallel_residual")
    flags = {
        "use_qkv_bias": "blk.0.attn_q.bias" in tensors, "qk_layernorm": "blk.0.attn_q_norm.weight" in tensors,
        "use_parallel_residual": "blk.0.ffn_norm.weight" not in tensors,
    }  # fmt: skip
    return rotation(settings, raw, tensors, own_width=False, part=True) | flags


def falcon(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """Falcon: one key for all heads (7B), or groups of heads that share one, with one norm (11B) or two (40B)."""
    settings.require("tensor_data_layout", "jploski")
    shared = raw.pop("num_key_value_heads")
    grouped = shared != 1
    groups = {"num_kv_heads": shared, "num_ln_in_parallel_attn": 1 + ("blk.0.attn_norm_2.weight" in tensors)}
    flags = {"new_decoder_architecture": grouped, "multi_query": not grouped, "parallel_attn": True, "alibi": False}
    config = rotation(settings, raw, tensors, own_width=False) | flags | (groups if grouped else {})
    config["ffn_hidden_size"] = raw.pop("intermediate_size")
    return config


def gpt2(settings: Settings, raw: Raw, tensors: GGUFTensors) -> Raw:
    """GPT-2, which has a key for every head."""
    settings.require("attention.head_count_kv", raw["n_head"])
    return {}


def without_offset(family: Family) -> Family:
    """A family of Gemma's in a file whose norms' weights have 1 added already."""
    return replace(family, traits={**family.traits, "norm_offset": 0.0})


ARCHITECTURES = {
    "falcon": Architecture(FALCON, SIZES | {"attention.layer_norm_epsilon": "layer_norm_epsilon"}, falcon),
    "gemma": Architecture(without_offset(GEMMA), RMS, rotation),
    "gemma2": Architecture(without_offset(GEMMA2), RMS, gemma2),
    "gemma3": Architecture(without_offset(GEMMA3_TEXT), RMS, gemma3),
    "gpt2": Architecture(GPT2, GPT2_SIZES, gpt2),
    "llama": Architecture(LLAMA, RMS, llama),
    "phi3": Architecture(PHI3, RMS, phi3),
    "qwen2": Architecture(QWEN2, RMS, qwen2),
    "qwen3": Architecture(QWEN3, RMS, qwen3),
    "stablelm": Architecture(STABLELM, SIZES | {"attention.layer_norm_epsilon": "layer_norm_eps"}, stablelm),
}


def gguf_config(tensors: GGUFTensors) -> tuple[Family, Raw]:
    """The family of a file, with its tensors' names there, and the configuration under the names that it reads.

    Raises UnsupportedConfigError, which names what is not supported.
    """
    metadata = tensors.metadata
    name = metadata.get("general.architecture")
    if metadata.get("general.type", "model") != "model":
        raise UnsupportedConfigError(f"The file holds no model: its general.type is {metadata['general.type']!r}.")
    if metadata.get("split.count", 1) not in (0, 1):
        raise UnsupportedConfigError(
            f"The file is one of {metadata['split.count']} parts of a model. Merge them with llama-gguf-split --merge."
        )
    if not isinstance(name, str) or name not in ARCHITECTURES:
        supported = ", ".join(ARCHITECTURES)
        raise UnsupportedConfigError(f"Models of architecture {name!r} are not supported. Supported: {supported}.")
    architecture, settings = ARCHITECTURES[name], Settings(metadata, name)
    raw = {key: settings.take(given) for given, key in architecture.sizes.items()}
    missing = [given for given, key in architecture.sizes.items() if raw[key] is None and key != "num_key_value_heads"]
    if missing:
        raise UnsupportedConfigError(f"The metadata lacks {name}.{missing[0]}.")
    settings.require("attention.causal", True)
    settings.take("vocab_size")
    raw["vocab_size"] = tensors.shape("token_embd.weight")[0] if "token_embd.weight" in tensors else 0
    raw["tie_word_embeddings"] = "output.weight" not in tensors
    raw |= architecture.more(settings, raw, tensors)
    settings.refuse_others()
    return gguf_family(architecture.family, tensors), raw | end_tokens(metadata)


def end_tokens(metadata: Mapping[str, Any]) -> Raw:
    """The tokens that end a text or a turn."""
    ids = [metadata.get(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot", "eom")]
    return {"eos_token_id": list(dict.fromkeys(id for id in ids if is_integer(id, 0)))}
