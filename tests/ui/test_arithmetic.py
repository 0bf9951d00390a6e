"""In words, which number an address is."""

from dataclasses import replace

from attention_core.derivation import Address
from ui.arithmetic import where


def test_a_number_of_the_encoder_is_said_with_the_encoders_token(bert):
    decoder = replace(bert.trace(ids=[9]), encoder=bert.trace(ids=[5, 11]))
    assert where(decoder, Address("encoder_k", (2, 1, 1, 4))) == (
        "In the encoder. Layer 2, head 1: dimension 4 of the key of “w7”."
    )
    assert where(decoder, Address("encoder_W_Q", (2, 1, 3, 4))) == "In the encoder."
    assert where(decoder, Address("k", (0, 1, 0, 4))) == "Layer 0, head 1: dimension 4 of the key of “w5”."
