"""Random checkpoints of mixture-of-experts models, with tensor names as on the Hub; written without torch."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tests.reference.make import tiny_tokenizer
from tests.small_tokenizers import write_tokenizer

N_LAYERS, D_MODEL, N_HEADS, N_KV, D_HEAD, D_MLP, D_VOCAB = 3, 29, 6, 2, 10, 31, 101
N_EXPERTS, PER_TOKEN, D_EXPERT, DENSE = 7, 3, 17, 1

MIXTRAL = {
    "model_type": "mixtral", "num_hidden_layers": N_LAYERS, "hidden_size": D_MODEL, "num_attention_heads": N_HEADS,
    "num_key_value_heads": N_KV, "head_dim": D_HEAD, "intermediate_size": D_MLP, "vocab_size": D_VOCAB,
    "max_position_embeddings": 43, "num_local_experts": N_EXPERTS, "num_experts_per_tok": PER_TOKEN,
    "sliding_window": None, "rope_theta": 1e6, "router_aux_loss_coef": 0.02, "output_router_logits": False,
    "hidden_act": "silu", "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
QWEN3_MOE = {
    **{key: value for key, value in MIXTRAL.items() if key != "num_local_experts"},
    "model_type": "qwen3_moe", "num_experts": N_EXPERTS, "moe_intermediate_size": D_EXPERT, "norm_topk_prob": False,
    "decoder_sparse_step": 1, "mlp_only_layers": [DENSE], "use_sliding_window": False, "max_window_layers": 48,
    "attention_bias": False,
}  # fmt: skip


def shapes(raw: dict) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor that a configuration needs."""
    qwen = raw["model_type"] == "qwen3_moe"
    tensors = {"model.embed_tokens.weight": (D_VOCAB, D_MODEL), "model.norm.weight": (D_MODEL,),
               "lm_head.weight": (D_VOCAB, D_MODEL)}  # fmt: skip
    for layer in range(N_LAYERS):
        at = f"model.layers.{layer}."
        tensors |= {
            at + "input_layernorm.weight": (D_MODEL,), at + "post_attention_layernorm.weight": (D_MODEL,),
            at + "self_attn.q_proj.weight": (N_HEADS * D_HEAD, D_MODEL),
            at + "self_attn.k_proj.weight": (N_KV * D_HEAD, D_MODEL),
            at + "self_attn.v_proj.weight": (N_KV * D_HEAD, D_MODEL),
            at + "self_attn.o_proj.weight": (D_MODEL, N_HEADS * D_HEAD),
        }  # fmt: skip
        if qwen:
            tensors |= {at + f"self_attn.{kind}_norm.weight": (D_HEAD,) for kind in "qk"}
        gate, up, down = ("gate_proj", "up_proj", "down_proj") if qwen else ("w1", "w3", "w2")
        block, wide = (at + "mlp.", D_EXPERT) if qwen else (at + "block_sparse_moe.", D_MLP)
        if qwen and layer == DENSE:
            every, wide = [block], D_MLP
        else:
            tensors[block + "gate.weight"] = (N_EXPERTS, D_MODEL)
            every = [f"{block}experts.{expert}." for expert in range(N_EXPERTS)]
        for one in every:
            tensors |= {f"{one}{gate}.weight": (wide, D_MODEL), f"{one}{up}.weight": (wide, D_MODEL),
                        f"{one}{down}.weight": (D_MODEL, wide)}  # fmt: skip
    return tensors


def checkpoint(folder: Path, raw: dict) -> dict[str, np.ndarray]:
    """Write a checkpoint of random tensors into a folder; returns the tensors."""
    rng = np.random.default_rng(11)
    tensors = {
        name: (rng.normal(1.0, 0.3, shape) if "norm" in name else rng.normal(0.0, 0.3, shape)).astype(np.float32)
        for name, shape in shapes(raw).items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(raw))
    write_tokenizer(folder, tiny_tokenizer())
    return tensors
