"""OPT: learned places counted from 2 over the tokens that are seen, normed before or after each half.

Source: Zhang et al. 2022, https://arxiv.org/abs/2205.01068
"""

from typing import Any

from attention_core.families.reading.rules import biases, flags_to_biases, shared_width
from attention_core.families.reading.schema import ACTIVATIONS, HEADS, Family, Rule, Source, Values

LAYER = "layers.{layer}."


def projected(values: Values) -> dict[str, Any]:
    """Embeddings of a width of their own are brought to the stream's."""
    own, wide = values["word_embed_proj_dim"], values["hidden_size"]
    own = wide if own is None else own
    return {"d_embed": own, "embed_projection": "none" if own == wide else "before_sum"}


def linear(weight: str, module: str, layout: str) -> dict[str, Source]:
    """A matrix and its bias."""
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
    },
    traits={"causal": True, "norm_eps": 1e-5, "position_from": "mask", "position_offset": 2},
    choices={
        "activation_function": ACTIVATIONS,
        "do_layer_norm_before": {
            True: {"norm_position": "pre", "final_norm": True},
            False: {"norm_position": "post", "final_norm": False},
        },
        "tie_word_embeddings": HEADS,
    },
    rules=(
        shared_width("num_attention_heads", "hidden_size"),
        Rule(("word_embed_proj_dim", "hidden_size"), projected),
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
        **linear("w_attn", "self_attn_layer_norm", "model"),
        **linear("w_mid", "self_attn_layer_norm", "model"),
        **linear("W_Q", "self_attn.q_proj", "head*dim, model"),
        **linear("W_K", "self_attn.k_proj", "head*dim, model"),
        **linear("W_V", "self_attn.v_proj", "head*dim, model"),
        **linear("W_O", "self_attn.out_proj", "model, head*dim"),
        **linear("w_mlp", "final_layer_norm", "model"),
        **linear("w_post", "final_layer_norm", "model"),
        **linear("W_in", "fc1", "mlp, model"),
        **linear("W_out", "fc2", "model, mlp"),
        "w_final": Source("final_layer_norm.weight", "model"),
        "b_final": Source("final_layer_norm.bias", "model"),
        "W_unembed": Source("project_out.weight", "embed, model"),
        "W_U": Source("lm_head.weight", "vocab, embed"),
    },
    unused=("lm_head.weight",),
)
