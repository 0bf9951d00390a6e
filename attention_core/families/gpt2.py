"""GPT-2: pre-norm, learned positions, causal, queries, keys and values in one matrix.

Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"
"""

from attention_core.config.model_config import is_integer
from attention_core.families.reading.rules import either, head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Family, Rule, Source, Values

LAYER = "h.{layer}."
QKV = "(head + head + head)*dim"


def layer_scales(values: Values) -> dict[str, object]:
    """Scores divided by the layer's number, counted from 1, if `scale_attn_by_inverse_layer_idx` is true."""
    count, divided = values["n_layer"], values["scale_attn_by_inverse_layer_idx"]
    return {"attn_divisors": tuple(map(float, range(1, count + 1))) if divided is True and is_integer(count, 1) else ()}


GPT2 = Family(
    model_type="gpt2",
    prefixes=("", "transformer."),
    sizes={
        "n_layers": "n_layer",
        "n_heads": "n_head",
        "d_model": "n_embd",
        "d_vocab": "vocab_size",
        "n_ctx": "n_positions",
        "norm_eps": "layer_norm_epsilon",
    },
    aliases={
        "num_hidden_layers": "n_layer", "num_attention_heads": "n_head", "hidden_size": "n_embd",
        "max_position_embeddings": "n_positions",
    },
    defaults={
        "n_layer": 12,
        "n_head": 12,
        "n_embd": 768,
        "vocab_size": 50257,
        "n_positions": 1024,
        "layer_norm_epsilon": 1e-5,
        "activation_function": "gelu_new",
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "tie_word_embeddings": True,
        "eos_token_id": 50256,
    },
    traits={
        "norm_position": "pre",
        "final_norm": True,
        "causal": True,
        "biases": frozenset({"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out"}),
    },
    choices={
        "activation_function": ACTIVATION_CHOICES,
        "scale_attn_weights": {True: {}, False: {"attn_root": 1.0}},
        "scale_attn_by_inverse_layer_idx": {True: {}, False: {}},
        "tie_word_embeddings": HEAD_CHOICES,
    },
    rules=(
        head_width("n_head", "n_embd"),
        either("d_mlp", "n_inner", lambda values: 4 * values["n_embd"]),
        Rule(("n_layer", "scale_attn_by_inverse_layer_idx"), layer_scales),
    ),
    required={
        "reorder_and_upcast_attn": (False, True),
    },
    harmless=frozenset({
        "attn_pdrop", "embd_pdrop", "n_ctx", "resid_pdrop", "summary_activation",
        "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
    }),
    tensors={
        "W_E": Source("wte.weight", "token, model"),
        "W_pos": Source("wpe.weight", "position_id, model"),
        "w_attn": Source(LAYER + "ln_1.weight", "model"),
        "b_attn": Source(LAYER + "ln_1.bias", "model"),
        **{f"W_{kind}": Source(LAYER + "attn.c_attn.weight", f"model, {QKV}", at) for at, kind in enumerate("QKV")},
        **{f"b_{kind}": Source(LAYER + "attn.c_attn.bias", QKV, at) for at, kind in enumerate("QKV")},
        "W_O": Source(LAYER + "attn.c_proj.weight", "head*dim, model"),
        "b_O": Source(LAYER + "attn.c_proj.bias", "model"),
        "w_mlp": Source(LAYER + "ln_2.weight", "model"),
        "b_mlp": Source(LAYER + "ln_2.bias", "model"),
        "W_in": Source(LAYER + "mlp.c_fc.weight", "model, mlp"),
        "b_in": Source(LAYER + "mlp.c_fc.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.c_proj.weight", "mlp, model"),
        "b_out": Source(LAYER + "mlp.c_proj.bias", "model"),
        "w_final": Source("ln_f.weight", "model"),
        "b_final": Source("ln_f.bias", "model"),
        "W_U": Source("lm_head.weight", "vocab, model"),
    },
    unused=("h.*.attn.bias", "h.*.attn.masked_bias", "lm_head.weight"),
)  # fmt: skip
