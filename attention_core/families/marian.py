"""Marian, and Pegasus, which is pre-norm: BART with sinusoidal positions and without the norm of the embeddings.

Sources: Junczys-Dowmunt et al. 2018, https://arxiv.org/abs/1804.00344; Zhang et al. 2019,
https://arxiv.org/abs/1912.08777
"""

from typing import Any

from attention_core.errors import UnsupportedConfigError
from attention_core.families.bart import build_family
from attention_core.families.reading.schema import Rule, Values


def one_vocabulary(values: Values) -> dict[str, Any]:
    """UnsupportedConfigError unless source and target share one vocabulary, since one tokenizer reads both."""
    target, source = values.get("decoder_vocab_size"), values["vocab_size"]
    if target is not None and target != source:
        raise UnsupportedConfigError(
            f"decoder_vocab_size = {target!r} differs from vocab_size = {source!r}: separate vocabularies for source "
            "and target are not supported, since one tokenizer reads both texts."
        )
    return {}


MARIAN = build_family(
    "marian", pre_norm=False, learned=False, start=58100,
    # Without shared embeddings, source and target have separate vocabularies, even of the same size.
    required={"share_encoder_decoder_embeddings": (True,)},
    rules=(Rule(("decoder_vocab_size", "vocab_size"), one_vocabulary),),
    defaults={"vocab_size": 58101, "eos_token_id": 0},
)  # fmt: skip
PEGASUS = build_family("pegasus", pre_norm=True, learned=False, start=0, defaults={"eos_token_id": 1})
