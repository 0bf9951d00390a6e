"""Marian, and Pegasus, which norms before each half: BART's build with sinusoids for places and embeddings not normed.

Sources: Junczys-Dowmunt et al. 2018, https://arxiv.org/abs/1804.00344; Zhang et al. 2019,
https://arxiv.org/abs/1912.08777
"""

from typing import Any

from attention_core.errors import UnsupportedConfigError
from attention_core.families.bart import build
from attention_core.families.reading.schema import Rule, Values


def one_vocabulary(values: Values) -> dict[str, Any]:
    """Source and target have one vocabulary, since one tokenizer reads both."""
    own, shared = values.get("decoder_vocab_size"), values["vocab_size"]
    if own is not None and own != shared:
        raise UnsupportedConfigError(
            f"decoder_vocab_size = {own!r} is not vocab_size = {shared!r}: a target with a vocabulary of its own is "
            "not supported, since one tokenizer reads both texts."
        )
    return {}


MARIAN = build(
    "marian", pre_norm=False, learned=False, start=58100,
    # Without shared embeddings source and target have vocabularies of their own, even of one size.
    required={"share_encoder_decoder_embeddings": (True,)},
    rules=(Rule(("decoder_vocab_size", "vocab_size"), one_vocabulary),),
)  # fmt: skip
PEGASUS = build("pegasus", pre_norm=True, learned=False, start=0)
