"""MPNet: BERT with a learned term in the score for each distance, and places counted from 2.

Source: Song et al. 2020, https://arxiv.org/abs/2004.09297
"""

from dataclasses import replace

from attention_core.config.positions import Relative
from attention_core.families.bert import BERT, LAYER
from attention_core.families.reading.schema import ACTIVATIONS, Rule, Source
from attention_core.families.roberta import places

FILLS = {"pad_token_id": 1}  # the id that fills up a text, whatever the configuration calls so
BUCKETS = Relative(n_buckets=32, max_distance=128, bidirectional=True)  # these too are the same whatever it says


def attention() -> dict[str, Source]:
    """The tensors of one attention, under BERT's layouts."""
    made = {}
    for kind in "QKVO":
        for canonical, own in ((f"W_{kind}", "weight"), (f"b_{kind}", "bias")):
            made[canonical] = Source(f"{LAYER}attention.attn.{kind.lower()}.{own}", BERT.tensors[canonical].layout)
    return made


MPNET = replace(
    BERT,
    model_type="mpnet",
    prefixes=("", "mpnet."),
    sizes={name: key for name, key in BERT.sizes.items() if name not in ("n_ctx", "n_segments")},
    defaults={**BERT.defaults, "vocab_size": 30527},
    traits={**BERT.traits, "causal": False, "relative": BUCKETS},
    choices={"hidden_act": ACTIVATIONS},
    rules=(*BERT.rules, Rule(("max_position_embeddings",), lambda values: places({**values, **FILLS}))),
    required={**BERT.required, "relative_attention_num_buckets": (BUCKETS.n_buckets,)},
    tensors={
        **{name: source for name, source in BERT.tensors.items() if name != "W_seg"},
        **attention(),
        "w_mid": Source(LAYER + "attention.LayerNorm.weight", "model"),
        "b_mid": Source(LAYER + "attention.LayerNorm.bias", "model"),
        "W_rel": Source("encoder.relative_attention_bias.weight", "bucket, head"),
    },
    unused=("embeddings.position_ids", "pooler.dense.*", "lm_head.*", "classifier.*", "qa_outputs.*"),
)
