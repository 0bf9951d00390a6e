"""Small GGUF files, converted as llama.cpp's convert_hf_to_gguf.py does from random checkpoints of any family."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import load_file

from tests.random_model import GPT2, LLAMA, write_model
from tests.small_tokenizers import byte_level

VOCABULARY = {"vocab_size": 269}  # of the tokenizer below
EVEN = {"hidden_size": 48, "head_dim": None}  # heads of 8 dimensions, for families without a key for their width
SMALL = {"gpt2": GPT2 | VOCABULARY} | {
    model_type: LLAMA | VOCABULARY | {"model_type": model_type} | change
    for model_type, change in {
        "llama": {"rms_norm_eps": 1e-5},
        "mistral": {"sliding_window": None, "rope_theta": 1e6},
        "qwen2": EVEN,
        "qwen3": {"tie_word_embeddings": True},
        "gemma": {},
        "gemma2": {"query_pre_attn_scalar": 10, "sliding_window": 5},
        "gemma3_text": {"query_pre_attn_scalar": 10, "sliding_window": 5, "num_hidden_layers": 7},
        "phi3": EVEN | {"sliding_window": 5},
        "stablelm": EVEN | {"partial_rotary_factor": 0.5, "rms_norm_eps": None, "layer_norm_eps": 1e-4},
        "falcon": EVEN | {"intermediate_size": None, "num_key_value_heads": None, "rms_norm_eps": None},
    }.items()
}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 19}  # fmt: skip
LONGROPE = {"rope_type": "longrope", "short_factor": [1.0, 1.5, 2.0, 2.5], "long_factor": [2.0, 3.5, 7.0, 9.0]}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{model_type: (model_type, {}) for model_type in SMALL},
    "llama-biases": ("llama", {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True}),
    "llama-3": ("llama", {"rope_scaling": LLAMA3, "num_key_value_heads": 6}),
    "llama-linear": ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 2.5}}),
    "llama-32": ("llama", {"hidden_size": 64, "num_attention_heads": 4, "head_dim": 16, "intermediate_size": 96}),
    "llama-no-width": ("llama", EVEN),
    "qwen2-yarn": ("qwen2", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0,
                                              "original_max_position_embeddings": 11}}),
    "phi3-long": ("phi3", {"rope_scaling": LONGROPE, "original_max_position_embeddings": 13, "sliding_window": None}),
    "gemma2-27b": ("gemma2", {"num_hidden_layers": 46, "query_pre_attn_scalar": 7}),
    "gemma3-linear": ("gemma3_text", {"rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    "gpt2-untied": ("gpt2", {"tie_word_embeddings": False}),
    "stablelm-parallel": ("stablelm", {"use_parallel_residual": True, "use_qkv_bias": True}),
    "stablelm-qk": ("stablelm", {"qk_layernorm": True}),
    "falcon-11b": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1}),
    "falcon-40b": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 3}),
}  # fmt: skip
"""The converted models by name: their family, and changes to its small configuration."""


def small_config(name: str) -> dict[str, Any]:
    """The configuration of a variant."""
    model_type, change = VARIANTS[name]
    return {key: value for key, value in (SMALL[model_type] | change).items() if value is not None or key in change}


def architecture_of(raw: Mapping[str, Any]) -> str:
    """The architecture of a configuration in llama.cpp."""
    return {"mistral": "llama", "gemma3_text": "gemma3"}.get(raw["model_type"], raw["model_type"])


def write_variant(folder: Path, name: str, **options: Any) -> tuple[Path, Path]:
    """A folder with a small model, and the same model converted."""
    raw = {key: value for key, value in small_config(name).items() if value is not None}
    write_model(folder, raw, tokenizer=byte_level().to_str())
    return folder, convert(folder, folder / "model.gguf", **options)


def convert(
    folder: Path, path: Path, *, quantize: Callable[[str, np.ndarray], str] = lambda *_: "F32",
    blocks: tuple[gguf.GGMLQuantizationType, Mapping[str, np.ndarray]] = (gguf.GGMLQuantizationType.F32, {}),
    tokenizer: Mapping[str, Any] | None = None, pre: str = "gpt-2",
) -> Path:  # fmt: skip
    """Convert a model's folder.

    quantize:  name and numbers of a tensor -> the type to store it as
    blocks:    a type, and tensors that are stored as these blocks of it
    tokenizer: the metadata of a tokenizer in place of the folder's
    pre:       the name of the folder's pre-tokenizer
    """
    raw = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(path, architecture_of(raw))
    write_settings(writer, raw)
    if tokenizer is None:
        write_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text()), pre)
    else:
        write_metadata(writer, tokenizer)
    for name, array in converted_tensors(load_file(folder / "model.safetensors"), raw).items():
        dtype = blocks[0] if name in blocks[1] else gguf.GGMLQuantizationType[quantize(name, array)]
        stored = blocks[1][name] if name in blocks[1] else gguf.quantize(array, dtype)
        writer.add_tensor(name, stored, raw_dtype=dtype)
    finish(writer)
    return path


def write_metadata(writer: gguf.GGUFWriter, metadata: Mapping[str, Any]) -> None:
    """Metadata as it is; lists and numbers of the type that Python's values have."""
    kinds = {str: writer.add_string, bool: writer.add_bool, int: writer.add_int32, float: writer.add_float32}
    for key, value in metadata.items():
        if key != "general.architecture":
            writer.add_array(key, value) if isinstance(value, list) else kinds[type(value)](key, value)


def finish(writer: gguf.GGUFWriter) -> None:
    """Write all parts of a file."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_tokenizer(writer: gguf.GGUFWriter, content: Mapping[str, Any], pre: str) -> None:
    """The metadata of a byte-level tokenizer."""
    vocabulary = sorted(content["model"]["vocab"], key=content["model"]["vocab"].__getitem__)
    special = {token["content"] for token in content["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(vocabulary)
    writer.add_token_types([3 if token in special else 1 for token in vocabulary])
    writer.add_token_merges([" ".join(merge) for merge in content["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(False)


def write_settings(writer: gguf.GGUFWriter, raw: Mapping[str, Any]) -> None:
    """The metadata of a configuration."""
    first = {"num_hidden_layers": "n_layer", "num_attention_heads": "n_head", "hidden_size": "n_embd",
             "max_position_embeddings": "n_positions", "intermediate_size": "n_inner"}  # fmt: skip
    of = {key: raw.get(key, raw.get(other)) for key, other in first.items()}
    model_type, heads = raw["model_type"], of["num_attention_heads"]
    writer.add_block_count(of["num_hidden_layers"])
    writer.add_context_length(of["max_position_embeddings"])
    writer.add_embedding_length(of["hidden_size"])
    writer.add_feed_forward_length(of["intermediate_size"] or 4 * of["hidden_size"])
    writer.add_head_count(heads)
    width = raw.get("head_dim") or of["hidden_size"] // heads
    if model_type in ("gpt2", "falcon", "stablelm"):
        eps = {"gpt2": "layer_norm_epsilon", "falcon": "layer_norm_epsilon", "stablelm": "layer_norm_eps"}[model_type]
        writer.add_layer_norm_eps(raw.get(eps, 1e-5))
    else:
        writer.add_layer_norm_rms_eps(raw.get("rms_norm_eps", 1e-5 if model_type == "phi3" else 1e-6))
    if model_type == "gpt2":
        return
    if model_type == "falcon":
        writer.add_tensor_data_layout("jploski")
        grouped = raw.get("new_decoder_architecture", False)
        writer.add_head_count_kv(raw["num_kv_heads"] if grouped else 1)
        return
    writer.add_head_count_kv(raw["num_key_value_heads"])
    if "rope_theta" in raw:
        writer.add_rope_freq_base(raw["rope_theta"])
    if model_type in ("llama", "mistral", "phi3", "stablelm"):
        writer.add_rope_dimension_count(int(width * raw.get("partial_rotary_factor", 1)))
    if model_type in ("llama", "mistral"):
        writer.add_vocab_size(raw["vocab_size"])
    if model_type == "stablelm":
        writer.add_parallel_residual(raw.get("use_parallel_residual", True))
    if model_type.startswith(("qwen3", "gemma")) or (model_type == "llama" and "head_dim" in raw):
        writer.add_key_length(width)
        writer.add_value_length(width)
    if model_type.startswith(("gemma2", "gemma3", "phi3")):
        writer.add_sliding_window(raw.get("sliding_window") or 0)
    if model_type == "gemma2":
        writer.add_attn_logit_softcapping(raw.get("attn_logit_softcapping", 50.0))
        writer.add_final_logit_softcapping(raw.get("final_logit_softcapping", 30.0))
    scaling = raw.get("rope_scaling") or {}
    if scaling.get("rope_type") in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(scaling["rope_type"]))
        writer.add_rope_scaling_factor(scaling["factor"])
    if scaling.get("rope_type") == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    if scaling.get("rope_type") == "longrope":
        original = raw["original_max_position_embeddings"]
        factor = raw["max_position_embeddings"] / original
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(factor) / np.log(original))))


def converted_tensors(tensors: Mapping[str, np.ndarray], raw: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The tensors of a checkpoint under llama.cpp's names, and in its layouts."""
    architecture = architecture_of(raw)
    n_layers = raw.get("num_hidden_layers", raw.get("n_layer"))
    known = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(known[architecture], n_layers)
    converted = {}
    for name, array in published_tensors(tensors, raw).items():
        base, _, end = name.rpartition(".")
        found = filter(None, (names.get_name(before + base) for before in ("", "model.", "transformer.")))
        theirs = next(found, None)
        assert theirs, f"llama.cpp has no tensor {name}"
        converted[f"{theirs}.{end}"] = converted_layout(f"{theirs}.{end}", array, raw)
    scaling = raw.get("rope_scaling") or {}
    if scaling.get("rope_type") == "llama3":
        converted["rope_freqs.weight"] = llama3_factors(raw)
    if scaling.get("rope_type") == "longrope":
        for length in ("short", "long"):
            converted[f"rope_factors_{length}.weight"] = np.array(scaling[f"{length}_factor"], np.float32)
    return converted


def published_tensors(tensors: Mapping[str, np.ndarray], raw: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The tensors, with the norms of all heads of StableLM in one, and Falcon's two norms by their published names."""
    others = {name: array for name, array in tensors.items() if "_layernorm.norms." not in name}
    if raw["model_type"] == "falcon" and any("post_attention_layernorm" in name for name in tensors):
        published = {"input_layernorm": "ln_attn", "post_attention_layernorm": "ln_mlp"}
        for old, new in published.items():
            others = {name.replace(old, new): array for name, array in others.items()}
    for layer in range(raw.get("num_hidden_layers", 0)):
        for part in ("q", "k"):
            start = f"layers.{layer}.self_attn.{part}_layernorm"
            heads = [name for name in tensors if name.startswith(f"{start}.norms.")]
            if heads:
                by_head = sorted(heads, key=lambda name: int(name.split(".")[-2]))
                others[f"{start}.weight"] = np.stack([tensors[name] for name in by_head])
    return others


def converted_layout(name: str, array: np.ndarray, raw: Mapping[str, Any]) -> np.ndarray:
    """A tensor in the layout that llama.cpp gives it."""
    model_type = raw["model_type"]
    if model_type in ("llama", "mistral") and (".attn_q." in name or ".attn_k." in name):
        heads = raw["num_attention_heads" if ".attn_q." in name else "num_key_value_heads"]
        halves = array.reshape(heads, 2, len(array) // heads // 2, *array.shape[1:])
        return halves.swapaxes(1, 2).reshape(array.shape)
    if model_type.startswith("gemma") and name.endswith("norm.weight"):
        return array + 1
    if model_type == "gpt2" and array.ndim == 2 and ("attn_" in name or "ffn_" in name):
        return np.ascontiguousarray(array.T)
    if model_type == "falcon" and "attn_qkv" in name:
        heads, width = raw["num_attention_heads"], raw["hidden_size"] // raw["num_attention_heads"]
        groups = raw.get("num_kv_heads", 1)
        qkv = array.reshape(groups, heads // groups + 2, width, -1)
        parts = qkv[:, :-2], qkv[:, -2:-1], qkv[:, -1:]
        return np.concatenate([part.reshape(-1, array.shape[-1]) for part in parts])
    return array


def llama3_factors(raw: Mapping[str, Any]) -> np.ndarray:
    """The divisor of each frequency of Llama 3.1."""
    scaling, width = raw["rope_scaling"], raw["head_dim"]
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    frequencies = raw.get("rope_theta", 10000.0) ** -(np.arange(0, width, 2) / width)
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * np.pi)
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / factor + smooth)).astype(np.float32)
