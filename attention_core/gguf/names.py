"""The tensors of a GGUF file: the names and layouts that llama.cpp's converter gives to those of each family.

Source: https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py
"""

from collections.abc import Collection
from dataclasses import replace

from attention_core.families.reading.schema import Family
from attention_core.gguf.rope import ROPE_TENSORS

LAYER = "blk.{layer}."
NAMES = {
    "W_E": "token_embd.weight",
    "W_pos": "position_embd.weight",
    "w_final": "output_norm.weight",
    "b_final": "output_norm.bias",
    "W_U": "output.weight",
    "w_attn": LAYER + "attn_norm.weight",
    "b_attn": LAYER + "attn_norm.bias",
    **{f"W_{kind}": f"{LAYER}attn_{kind.lower()}.weight" for kind in "QKV"},
    **{f"b_{kind}": f"{LAYER}attn_{kind.lower()}.bias" for kind in "QKV"},
    "w_q_norm": LAYER + "attn_q_norm.weight",
    "w_k_norm": LAYER + "attn_k_norm.weight",
    "W_O": LAYER + "attn_output.weight",
    "b_O": LAYER + "attn_output.bias",
    "w_attn_out": LAYER + "post_attention_norm.weight",
    "w_mlp": LAYER + "ffn_norm.weight",
    "b_mlp": LAYER + "ffn_norm.bias",
    "W_gate": LAYER + "ffn_gate.weight",
    "b_gate": LAYER + "ffn_gate.bias",
    "W_in": LAYER + "ffn_up.weight",
    "b_in": LAYER + "ffn_up.bias",
    "W_out": LAYER + "ffn_down.weight",
    "b_out": LAYER + "ffn_down.bias",
    "w_mlp_out": LAYER + "post_ffw_norm.weight",
}
"""Canonical name -> name in a GGUF file."""

FUSED = {f"{sort}_{kind}": f"{LAYER}attn_qkv.{end}" for sort, end in (("W", "weight"), ("b", "bias")) for kind in "QKV"}
"""Queries, keys and values where a family has them in one matrix."""

TWO_NORMS = {
    f"{sort}_{half}": f"{LAYER}{name}.{end}"
    for sort, end in (("w", "weight"), ("b", "bias"))
    for half, name in (("attn", "attn_norm_2"), ("mlp", "attn_norm"))
}
"""The norms of a Falcon with one for the attention and one for the MLP."""

FALCON_QKV = "(head + kv_head + kv_head)*dim"


def gguf_family(family: Family, stored: Collection[str]) -> Family:
    """A family with the names and layouts that its tensors have in a GGUF file.

    stored: the names of the file's tensors
    """
    theirs = family.tensors
    names = dict(NAMES)
    if theirs["W_Q"].name == theirs["W_K"].name:
        names |= FUSED
    if "W_gate" in theirs and theirs["W_gate"].name == theirs["W_in"].name:
        names["W_gate"] = names["W_in"]
    if family.model_type == "falcon" and TWO_NORMS["w_attn"].format(layer=0) in stored:
        names |= TWO_NORMS
    tensors = {
        name: replace(source, name=names[name], layout=gguf_layout(family.model_type, name, source.layout), instead=())
        for name, source in theirs.items()
    }
    return replace(family, prefixes=("",), tensors=tensors, unused=ROPE_TENSORS)


def gguf_layout(model_type: str, name: str, layout: str) -> str:
    """The layout of a tensor in a GGUF file, from the one in the family's own checkpoints."""
    if model_type == "gpt2" and name in ("W_Q", "W_K", "W_V", "W_O", "W_in", "W_out"):
        return ", ".join(reversed(layout.split(", ")))
    if model_type == "falcon" and name in FUSED:  # not group by group
        return f"{FALCON_QKV}, model" if name.startswith("W") else FALCON_QKV
    if model_type == "stablelm" and name in ("w_q_norm", "w_k_norm"):
        return f"{'head' if name == 'w_q_norm' else 'kv_head'}, dim"
    return layout
