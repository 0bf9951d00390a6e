"""Encoder–decoders: the decoder's start token, generated targets, and the three attentions of a run."""

import numpy as np
import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.errors import InputError
from tests.random_model import T5, write_pair

TEXT, TARGET = "w1 w5 w1 w8 w13", "w3 w21 w2"
N_SOURCE, N_TARGET = 6, 4  # including </s> after the text and <pad> before the target


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return ac.load(write_pair(tmp_path_factory.mktemp("t5"), T5))


@pytest.fixture(scope="module")
def sides(model):
    return attention_views(model.trace(TEXT, target=TARGET))


def test_the_decoder_begins_with_its_start_token_and_says_so(model):
    run = model.trace(TEXT, target=TARGET)
    assert run.encoder.tokens == ["w1", "w5", "w1", "w8", "w13", "</s>"]
    assert run.decoder.tokens == ["<pad>", "w3", "w21", "w2"]
    assert [piece.special for piece in run.decoder.pieces] == [True, False, False, False]
    assert run.ended is None


def test_it_generates_the_most_probable_token_every_time(model):
    run = model.write(TEXT, most=7)
    ids = run.decoder.ids
    assert len(ids) == 8
    assert run.ended is False
    assert run.decoder.text == " ".join(run.decoder.tokens[1:])
    assert [run.decoder.text[piece.start : piece.end] for piece in run.decoder.pieces[1:]] == run.decoder.tokens[1:]
    assert run.decoder.logits().argmax(axis=-1)[:-1].tolist() == ids[1:]
    again = model.trace(TEXT, target_ids=ids)
    np.testing.assert_array_equal(run.decoder.resid, again.decoder.resid)


def test_it_stops_at_its_end_token(model, tmp_path):
    first = model.write(TEXT, most=1).decoder.ids[1]
    other = ac.load(write_pair(tmp_path, T5 | {"eos_token_id": [first]})).write(TEXT)
    assert (other.decoder.tokens, other.ended) == (["<pad>"], True)


def test_a_model_without_a_start_token_cannot_generate(tmp_path):
    raw = {key: value for key, value in T5.items() if key != "decoder_start_token_id"} | {"pad_token_id": None}
    model = ac.load(write_pair(tmp_path, raw))
    with pytest.raises(InputError, match="no start token for the decoder"):
        model.write(TEXT)


def test_one_side_has_one_attention(bert):
    (only,) = attention_views(bert.trace("w1 w2")).values()
    assert (only.side, only.is_cross, only.causal, only.prefix, only.keys) == (None, False, False, "", only.queries)


@pytest.mark.parametrize(
    ("side", "n_query", "n_key", "causal", "resid_in", "resid_out"),
    [
        ("encoder", N_SOURCE, N_SOURCE, False, "resid_pre", "resid_mid"),
        ("decoder", N_TARGET, N_TARGET, True, "resid_pre", "resid_mid"),
        ("cross", N_TARGET, N_SOURCE, False, "resid_mid", "resid_cross"),
    ],
)
def test_each_attention_knows_its_queries_and_keys(sides, side, n_query, n_key, causal, resid_in, resid_out):
    own = sides[side]
    assert own.pattern(1).shape == (5, n_query, n_key)
    np.testing.assert_allclose(own.pattern(1).sum(axis=-1), 1, atol=1e-6)
    assert (len(own.queries), len(own.keys)) == (n_query, n_key)
    assert (own.causal, own.resid_in, own.resid_out, own.resid_updates) == (causal, resid_in, resid_out, (resid_out,))
    assert (own.mask(1) is not None) == causal
    cached = own.caching()
    assert cached.array("weight", 1) is cached.array("weight", 1)
    assert cached.is_cross == own.is_cross


def test_cross_attention_uses_the_encoder_output(sides):
    own, heads = sides["cross"], range(5)
    memory = own.source.contextual
    normed = own.trace.array("cross_normed", 1)
    W_Q, W_K = (own.trace.array(name, 1) for name in ("W_cross_Q", "W_cross_K"))
    scores = np.array([(normed @ W_Q[h]) @ (memory @ W_K[h]).T for h in heads])
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(own.pattern(1), powers / powers.sum(axis=-1, keepdims=True), atol=1e-5)


def test_the_stages_before_the_mask(sides, minilm):
    assert [stage.name for stage in sides["encoder"].score_stages(1)] == ["biased"]
    assert [stage.name for stage in sides["decoder"].score_stages(1)] == ["biased"]
    assert sides["cross"].score_stages(1) == []
    (only,) = attention_views(minilm.trace("it")).values()
    assert [stage.name for stage in only.score_stages(3)] == ["score"]


def test_padding_of_the_source_is_masked_in_cross_attention(model):
    ids, seen = [5, 17, 3, 60, 2], [True, True, True, False, False]
    own = attention_views(model.trace(ids=ids, attention_mask=seen, target_ids=[0, 9]))["cross"]
    assert own.mask(0).tolist() == [seen, seen]
    assert not own.pattern(0)[:, :, 3:].any()
