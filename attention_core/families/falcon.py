"""Falcon: parallel sublayers with one norm or two, or sequential ones; rotary positions, or ALiBi.

Queries, keys and values are stored group by group, each key and value after the queries that share them: one group
(7B), several (40B), or one per head. ALiBi's term is scaled like the scores, and computed in bfloat16. It is added
once, as in training and in transformers' default attention; its eager attention (5.23) adds it twice.

Source: Almazrouei et al. 2023, https://arxiv.org/abs/2311.16867
"""

from dataclasses import replace
from typing import Any

from attention_core.config.positions import Alibi
from attention_core.errors import UnsupportedConfigError
from attention_core.families.bloom import BLOOM, FUSED, LAYER
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import ACTIVATION_CHOICES, HEAD_CHOICES, Rule, Source, Values

QKV = "kv_head*(group + 1 + 1)*dim"
FLAGS = ("new_decoder_architecture", "parallel_attn", "multi_query")
NORMS = "num_ln_in_parallel_attn"
ROPE = rope(n_heads="num_attention_heads", d_head=None)


def block_layout(values: Values) -> dict[str, Any]:
    """The number of key-value heads, and whether the sublayers are parallel, with one norm or two."""
    heads, shared, norms = values["num_attention_heads"], values.get("num_kv_heads"), values.get(NORMS)
    new, parallel, multi_query = (values[key] for key in FLAGS)
    if not all(isinstance(flag, bool) for flag in (new, parallel, multi_query)):
        raise UnsupportedConfigError(f"{', '.join(FLAGS)} must be true or false.")
    if new and not parallel:
        raise UnsupportedConfigError("new_decoder_architecture without parallel_attn is not supported.")
    if norms not in ((None, 1, 2) if new else (None, 1)) or isinstance(norms, bool | float):
        raise UnsupportedConfigError(f"{NORMS} = {norms!r} is not supported in this architecture.")
    if not (new or multi_query) and shared not in (None, heads):
        raise UnsupportedConfigError(f"num_kv_heads = {shared!r} is not supported without multi_query.")
    if new:
        return {"n_kv_heads": heads if shared is None else shared, "parallel_block": "one" if norms == 1 else "two"}
    return {"n_kv_heads": 1 if multi_query else heads, "parallel_block": "one" if parallel else "no"}


def position_traits(values: Values) -> dict[str, Any]:
    """Rotary positions, or ALiBi."""
    match values["alibi"]:
        case True:
            return {"positions": "alibi", "alibi": Alibi(scaled=True, coarse=True), "position_from": "mask"}
        case False:
            return {"positions": "rotary", **ROPE.read(values)}
    raise UnsupportedConfigError(f"alibi must be true or false, got {values['alibi']!r}.")


FALCON = replace(
    BLOOM,
    model_type="falcon",
    sizes={
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "d_model": "hidden_size",
        "d_vocab": "vocab_size",
        "n_ctx": "max_position_embeddings",
        "norm_eps": "layer_norm_epsilon",
    },
    aliases={"n_embed": "hidden_size"},
    defaults={
        "num_hidden_layers": 32, "num_attention_heads": 71, "hidden_size": 4544, "vocab_size": 65024,
        "max_position_embeddings": 2048, "layer_norm_epsilon": 1e-5, "activation": "gelu", "alibi": False,
        "bias": False, "new_decoder_architecture": False, "multi_query": True, "parallel_attn": True,
        "tie_word_embeddings": True, "eos_token_id": 11,
    },
    traits={"norm_position": "pre", "final_norm": True, "causal": True},
    choices={"activation": ACTIVATION_CHOICES, "tie_word_embeddings": HEAD_CHOICES},
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("d_mlp", "ffn_hidden_size", lambda values: 4 * values["hidden_size"], "hidden_size"),
        flags_to_biases(biases("bias", "b_Q", "b_K", "b_V", "b_O", "b_in", "b_out")),
        Rule((*FLAGS, NORMS, "num_kv_heads"), block_layout),
        Rule(("alibi", *ROPE.keys), position_traits),
    ),
    required={"apply_residual_connection_post_layernorm": (False,)},
    harmless=frozenset({"ff_factor", "hidden_dropout"}),
    tensors={
        **{name: source for name, source in BLOOM.tensors.items() if name not in ("w_norm", "b_norm")},
        **{f"W_{kind}": Source(f"{FUSED}.weight", f"{QKV}, model", at) for at, kind in enumerate("QKV")},
        **{f"b_{kind}": Source(f"{FUSED}.bias", QKV, at) for at, kind in enumerate("QKV")},
        **{
            f"{sort[0]}_{half}": Source(f"{LAYER}{alone}.{sort}", "model", instead=(f"{LAYER}ln_{half}.{sort}",))
            for sort in ("weight", "bias")
            for half, alone in (("attn", "input_layernorm"), ("mlp", "post_attention_layernorm"))
        },
    },
)  # fmt: skip
