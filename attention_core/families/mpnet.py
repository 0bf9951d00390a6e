"""MPNet: BERT with a learned term in the score for each distance, and positions counted from 2.

Source: Song et al. 2020, https://arxiv.org/abs/2004.09297
"""

from dataclasses import replace

from attention_core.config.positions import Relative
from attention_core.families.bert import BERT, LAYER, WITHOUT_DECODER
from attention_core.families.reading.schema import ACTIVATION_CHOICES, Rule, Source
from attention_core.families.roberta import offset_positions

PADDING = {"pad_token_id": 1}  # fixed, whatever the configuration says
BUCKETS = Relative(n_buckets=32, max_distance=128, bidirectional=True)  # fixed too


def attention_tensors() -> dict[str, Source]:
    """The tensors of one attention, with BERT's layouts."""
    tensors = {}
    for kind in "QKVO":
        for name, suffix in ((f"W_{kind}", "weight"), (f"b_{kind}", "bias")):
            tensors[name] = Source(f"{LAYER}attention.attn.{kind.lower()}.{suffix}", BERT.tensors[name].layout)
    return tensors


MPNET = replace(
    BERT,
    model_type="mpnet",
    prefixes=("", "mpnet."),
    sizes={name: key for name, key in BERT.sizes.items() if name not in ("n_ctx", "n_segments")},
    defaults={key: value for key, value in WITHOUT_DECODER.items() if key != "type_vocab_size"}
    | {"vocab_size": 30527, "eos_token_id": 2},
    traits={**BERT.traits, "causal": False, "relative": BUCKETS},
    choices={"hidden_act": ACTIVATION_CHOICES},
    rules=(*BERT.rules, Rule(("max_position_embeddings",), lambda values: offset_positions({**values, **PADDING}))),
    required={**BERT.required, "relative_attention_num_buckets": (BUCKETS.n_buckets,)},
    tensors={
        **{name: source for name, source in BERT.tensors.items() if name != "W_seg"},
        **attention_tensors(),
        "w_mid": Source(LAYER + "attention.LayerNorm.weight", "model"),
        "b_mid": Source(LAYER + "attention.LayerNorm.bias", "model"),
        "W_rel": Source("encoder.relative_attention_bias.weight", "bucket, head"),
    },
    unused=("embeddings.position_ids", "pooler.dense.*", "lm_head.*", "classifier.*", "qa_outputs.*"),
)
