"""OPT: learned positions counted from 2 over the tokens that are not padding, pre-norm or post-norm.

Source: Zhang et al. 2022, https://arxiv.org/abs/2205.01068
"""

from typing import Any

from attention_core.families.reading.rules import biases, flags_to_biases, head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Family, Rule, Source, Values

LAYER = "layers.{layer}."


def embedding_projection(values: Values) -> dict[str, Any]:
    """Embeddings of another width are projected to d_model."""
    d_embed, d_model = values["word_embed_proj_dim"], values["hidden_size"]
    d_embed = d_model if d_embed is None else d_embed
    return {"d_embed": d_embed, "embed_projection": "none" if d_embed == d_model else "before_sum"}


def weight_and_bias(weight: str, module: str, layout: str) -> dict[str, Source]:
    """The weight of a matrix or a norm, and its bias."""
    return {
        weight: Source(f"{LAYER}{module}.weight", layout),
        weight.replace("W", "b", 1).replace("w_", "b_"): Source(f"{LAYER}{module}.bias", layout.split(", ")[0]),
    }


OPT = Family(
    model_type="opt",
    prefixes=("model.decoder.", "decoder.", ""),
    sizes={
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "d_model": "hidden_size",
        "d_mlp": "ffn_dim",
        "d_vocab": "vocab_size",
        "n_ctx": "max_position_embeddings",
    },
    defaults={
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "hidden_size": 768,
        "ffn_dim": 3072,
        "vocab_size": 50272,
        "max_position_embeddings": 2048,
        "word_embed_proj_dim": None,
        "do_layer_norm_before": True,
        "activation_function": "relu",
        "enable_bias": True,
        "tie_word_embeddings": True,
        "eos_token_id": 2,
    },
    traits={"causal": True, "norm_eps": 1e-5, "position_from": "mask", "position_offset": 2},
    choices={
        "activation_function": ACTIVATION_CHOICES,
        "do_layer_norm_before": {
            True: {"norm_position": "pre", "final_norm": True},
            False: {"norm_position": "post", "final_norm": False},
        },
        "tie_word_embeddings": HEAD_CHOICES,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        Rule(("word_embed_proj_dim", "hidden_size"), embedding_projection),
        flags_to_biases(biases("enable_bias", "b_Q", "b_K", "b_V", "b_O", "b_in", "b_out")),
    ),
    required={
        "_remove_final_layer_norm": (False,),
        "layer_norm_elementwise_affine": (True,),
    },
    harmless=frozenset({"activation_dropout", "dropout", "init_std", "layerdrop"}),
    tensors={
        "W_E": Source("embed_tokens.weight", "token, embed"),
        "W_embed": Source("project_in.weight", "model, embed"),
        "W_pos": Source("embed_positions.weight", "position_id, model"),
        **weight_and_bias("w_attn", "self_attn_layer_norm", "model"),
        **weight_and_bias("w_mid", "self_attn_layer_norm", "model"),
        **weight_and_bias("W_Q", "self_attn.q_proj", "head*dim, model"),
        **weight_and_bias("W_K", "self_attn.k_proj", "head*dim, model"),
        **weight_and_bias("W_V", "self_attn.v_proj", "head*dim, model"),
        **weight_and_bias("W_O", "self_attn.out_proj", "model, head*dim"),
        **weight_and_bias("w_mlp", "final_layer_norm", "model"),
        **weight_and_bias("w_post", "final_layer_norm", "model"),
        **weight_and_bias("W_in", "fc1", "mlp, model"),
        **weight_and_bias("W_out", "fc2", "model, mlp"),
        "w_final": Source("final_layer_norm.weight", "model"),
        "b_final": Source("final_layer_norm.bias", "model"),
        "W_unembed": Source("project_out.weight", "embed, model"),
        "W_U": Source("lm_head.weight", "vocab, embed"),
    },
    unused=("lm_head.weight",),
)
