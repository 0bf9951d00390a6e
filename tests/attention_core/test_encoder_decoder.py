"""Encoder–decoders: the decoder's input, and derivations from its numbers through the encoder's to trained ones."""

import copy
import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

import attention_core as ac
from attention_core.computation.derivation import Address, evaluate
from attention_core.errors import InputError, SideError
from attention_core.explain import number_at, open_term
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import FAMILIES
from attention_core.trace import CachingTrace
from tests.small_tokenizers import write_tokenizer
from tests.walk import open_all

PAIR = {
    "vocab_size": 17, "d_model": 15, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 5,
    "decoder_attention_heads": 3, "encoder_ffn_dim": 7, "decoder_ffn_dim": 11, "max_position_embeddings": 13,
    "decoder_start_token_id": 2,
}  # fmt: skip
CONFIGS = {
    "t5": {"vocab_size": 17, "d_model": 11, "d_kv": 3, "d_ff": 7, "num_layers": 2, "num_heads": 5,
           "num_decoder_layers": 2, "feed_forward_proj": "gated-gelu", "decoder_start_token_id": 2},
    **dict.fromkeys(("bart", "mbart", "marian", "pegasus"), PAIR),
}  # fmt: skip


@pytest.fixture(params=CONFIGS)
def folder(request, tmp_path):
    """A small checkpoint of random numbers, and a tokenizer that adds special tokens around a text."""
    raw = CONFIGS[request.param] | {"model_type": request.param}
    draw, tensors = np.random.default_rng(3), {}
    for family in (FAMILIES[request.param], FAMILIES[request.param].encoder):
        config = read_config(family, raw)
        for source in tensor_sources(family, config).values():
            shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
            name = "shared.weight" if "embed_tokens" in source.name else source.name
            tensors[name] = draw.normal(1.0 if "norm" in name else 0.0, 0.4, shape).astype(np.float32)
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(raw))
    words = ["[UNK]", "<s>", "</s>", *(f"w{i}" for i in range(14))]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    write_tokenizer(tmp_path, tokenizer.to_str())
    return tmp_path


@pytest.fixture
def pair(folder):
    return ac.load(folder)


def test_a_decoder_reads_its_start_token_and_the_target_without_an_end_token(pair):
    trace = pair.trace("w3 w1", target="w5 w0 w7")
    assert trace.encoder.tokens == ["<s>", "w3", "w1", "</s>"]
    assert trace.decoder.tokens == ["</s>", "<s>", "w5", "w0", "w7"]
    assert pair.trace("w3 w1").decoder.ids == [2]
    with pytest.raises(InputError, match="either"):
        pair.trace("w3", target="w5", target_ids=[2])


def test_the_masks_of_both_sides_hide_their_tokens(pair):
    ids, target = [4, 9, 3, 7], [2, 5, 11]
    masks = {"attention_mask": [True, False, True, True], "target_attention_mask": [False, True, True]}
    trace = pair.trace(ids=ids, target_ids=target, **masks)
    changed = pair.trace(ids=[4, 16, 3, 7], target_ids=[13, 5, 11], **masks)
    assert (trace.decoder.cross_pattern(0)[:, :, 1] == 0).all()
    assert (trace.decoder.pattern(0)[:, 1:, 0] == 0).all()
    np.testing.assert_array_equal(trace.decoder.contextual[1:], changed.decoder.contextual[1:])
    plain = pair.trace(ids=ids, target_ids=target)
    assert np.abs(plain.decoder.contextual[1:] - trace.decoder.contextual[1:]).max() > 1e-3


def test_a_decoders_numbers_open_into_the_encoders_down_to_trained_ones(pair):
    """From one cross-attention weight, every address in the trees opens to the number that has it."""
    trace = CachingTrace.of(pair.trace(ids=[4, 9, 3], target_ids=[2, 5]).decoder)
    found = set()
    for address, term in open_all(trace, Address("cross_weight", (1, 2, 1, 2))):
        assert term.at == address
        assert term.value == pytest.approx(number_at(trace, address).value, abs=1e-5)
        assert evaluate(term) == pytest.approx(term.value, abs=1e-9)
        if not term.parts:
            assert term.note
            found.add(term.note.removeprefix("A trained parameter, from ").removesuffix("."))
    assert set(pair.encoder.sources.values()) <= found
    assert {name for (_, layer), name in pair.decoder.sources.items() if layer == 0} <= found


def test_memory_is_the_encoders_contextual_embedding(pair):
    both = pair.trace(ids=[4, 9, 3], target_ids=[2, 5])
    term = open_term(both.decoder, Address("memory", (1, 7)))
    assert term.value == pytest.approx(both.encoder.contextual[1, 7], abs=1e-5)
    assert term.at == Address("memory", (1, 7))
    inputs = [part.at.quantity for part in term.parts if part.at]
    assert inputs
    assert all(quantity.startswith("encoder_") for quantity in inputs)
    with pytest.raises(InputError):
        open_term(both.encoder, Address("encoder_q", (0, 0, 0, 0)))
    with pytest.raises(InputError):
        open_term(both.decoder, Address("encoder_cross_q", (0, 0, 0, 0)))


@pytest.mark.parametrize("name", ["pattern", "tokens", "logits", "resid", "cross_pattern"])
def test_an_attribute_of_both_sides_needs_a_side(pair, name):
    trace = pair.trace("w3", target="w5")
    with pytest.raises(SideError, match=rf"has two sides: use \.encoder\.{name} or \.decoder\.{name}"):
        getattr(trace, name)
    expected = r"for an encoder–decoder, trace\.encoder or trace\.decoder; got EncoderDecoderTrace"
    with pytest.raises(InputError, match=expected):
        ac.explain.weight(trace, 0, 0, 0, 0)
    with pytest.raises(SideError, match=r"\.encoder\.parameter"):
        pair.parameter("W_Q", 0)


def test_any_other_attribute_is_missing_as_usual(pair):
    trace = pair.trace("w3", target="w5")
    for made in (pair, trace):
        assert not hasattr(made, "nothing")
        assert not hasattr(made, "pattern")
        with pytest.raises(AttributeError, match="object has no attribute 'nothing'"):
            _ = made.nothing
        assert copy.copy(made) == made


@pytest.mark.parametrize("given", [{"text": ["w3"]}, {"text": "w3", "target": ["w5"]}, {"text": "w3", "target": 5},
                                   {"text": "w3", "target_ids": "w5"}, {"text": np.zeros((2, 2, 3))}])  # fmt: skip
def test_anything_but_a_text_is_refused_on_both_sides(pair, given):
    with pytest.raises(InputError):
        pair.trace(**given)
