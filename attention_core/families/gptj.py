"""GPT-J: attention and MLP in parallel with one norm, interleaved rotation of a part of each head, biased logits.

Source: Wang and Komatsuzaki 2021, https://github.com/kingoflolz/mesh-transformer-jax
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.config.positions import Rotary
from attention_core.errors import UnsupportedConfigError
from attention_core.families.gpt2 import GPT2, LAYER
from attention_core.families.reading.rules import either, head_width
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Rule, Source, Values
from attention_core.families.reading.windows import layer_count


def rotary_traits(values: Values) -> dict[str, Any]:
    """The rotation of the first dimensions of each head, the same in every layer."""
    dims = values["rotary_dim"]
    if not is_integer(dims, 2) or dims % 2:
        raise UnsupportedConfigError(f"rotary_dim must be an even whole number above 0, got {dims!r}.")
    return {"rotary": (Rotary(dim=dims, interleaved=True),) * layer_count(values, "n_layer")}


LEFT_OUT = ("W_pos", "b_Q", "b_K", "b_V", "b_O", "w_mlp", "b_mlp")
PROJECTIONS = {"W_Q": "q_proj", "W_K": "k_proj", "W_V": "v_proj"}

GPTJ = replace(
    GPT2,
    model_type="gptj",
    defaults={
        "n_layer": 28, "n_head": 16, "n_embd": 4096, "vocab_size": 50400, "n_positions": 2048, "rotary_dim": 64,
        "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "tie_word_embeddings": False,
        "eos_token_id": 50256,
    },
    traits={
        **GPT2.traits, "positions": "rotary", "parallel_block": "one", "biases": frozenset({"b_in", "b_out", "b_U"}),
    },
    choices={"activation_function": ACTIVATION_CHOICES, "tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("n_head", "n_embd"),
        either("d_mlp", "n_inner", lambda values: 4 * values["n_embd"]),
        Rule(("n_layer", "rotary_dim"), rotary_traits),
    ),
    required={
        "rotary": (True,),
        "scale_attn_weights": (True,),
    },
    tensors={
        **{name: source for name, source in GPT2.tensors.items() if name not in LEFT_OUT},
        **{name: Source(f"{LAYER}attn.{module}.weight", "head*dim, model") for name, module in PROJECTIONS.items()},
        "W_O": Source(LAYER + "attn.out_proj.weight", "model, head*dim"),
        "W_in": Source(LAYER + "mlp.fc_in.weight", "mlp, model"),
        "b_in": Source(LAYER + "mlp.fc_in.bias", "mlp"),
        "W_out": Source(LAYER + "mlp.fc_out.weight", "model, mlp"),
        "b_out": Source(LAYER + "mlp.fc_out.bias", "model"),
        "b_U": Source("lm_head.bias", "vocab"),
    },
    unused=("h.*.attn.bias", "h.*.attn.masked_bias", "h.*.attn.embed_positions", "lm_head.weight", "lm_head.bias"),
)  # fmt: skip
