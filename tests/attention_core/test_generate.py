"""Generation: with the KV cache, every token is the same as from a pass over the full text."""

import numpy as np
import pytest

import attention_core as ac
from attention_core import generate as writing
from attention_core.config import positions
from attention_core.errors import InputError
from attention_core.generate import Continuation, write
from attention_core.sampling import greedy, sampled
from tests.random_model import DYNAMIC, GPT2, LLAMA, SLIDING, write_model

IDS = [7, 97, 5, 41, 13, 11, 77]
MODELS = {"gpt2": GPT2, "llama": LLAMA, "sliding": SLIDING, "dynamic": DYNAMIC}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {name: ac.load(write_model(tmp_path_factory.mktemp(name), raw)) for name, raw in MODELS.items()}


@pytest.fixture
def gpt2(models):
    return models["gpt2"]


def assert_same(logits, model, ids):
    expected = model.trace(ids=ids).logits()[-1]
    np.testing.assert_allclose(logits, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("room", [1, 64])
def test_the_cache_gives_the_logits_of_the_full_text(models, monkeypatch, name, room):
    monkeypatch.setattr(writing, "CACHE_BLOCK", room)
    text = Continuation(models[name])
    for more in ([7, 97, 5], [41], [13, 11], *([i] for i in range(20, 57))):
        assert_same(text.read(more), models[name], text.ids)
    assert len(text.ids) == 43


@pytest.mark.parametrize(("name", "lengths"), [("gpt2", [1, 1, 1]), ("dynamic", [1, 12, 13])])
def test_only_new_positions_are_run_unless_the_angles_change(models, monkeypatch, name, lengths):
    ran = []
    stream = writing.CachedForward.stream
    monkeypatch.setattr(writing.CachedForward, "stream", lambda run: ran.append(stream(run)) or ran[-1])
    text = Continuation(models[name])
    text.read(list(range(10, 20)))
    for new in (30, 31, 32):
        text.read([new])
    assert [len(each[0]) for each in ran] == [10, *lengths]


def test_cached_keys_are_valid_while_their_angles_are():
    plain, grows = (
        positions.Rotary(dim=6, scaling=kind, factor=2.0, original_n_ctx=11) for kind in ("linear", "dynamic")
    )
    for rotary, length, now, holds in ((plain, 5, 40, True), (grows, 5, 11, True), (grows, 5, 12, False),
                                       (grows, 12, 13, False), (grows, 0, 13, True)):  # fmt: skip
        config = type("Traits", (), {"rotary": (rotary, None)})
        assert writing.rotations_unchanged(config, np.arange(now), length) is holds


def test_greedy_takes_the_most_probable_token_every_time(gpt2):
    ids = list(IDS)
    for _ in range(9):
        ids.append(int(gpt2.trace(ids=ids).logits()[-1].argmax()))
    assert list(write(gpt2, IDS, greedy, 9)) == ids[7:]


def test_a_seed_generates_the_same_text_again(gpt2):
    first, again, other = (list(write(gpt2, IDS, sampled(seed), 20)) for seed in (5, 5, 6))
    assert first == again != other


def test_each_token_is_yielded_as_soon_as_it_is_chosen(gpt2):
    asked = []
    written = write(gpt2, IDS, lambda logits: asked.append(logits) or 5, 20)
    assert (next(written), len(asked)) == (5, 1)


def test_it_stops_after_an_end_token(gpt2, tmp_path):
    plain = list(write(gpt2, IDS, sampled(3), 12))
    assert len(plain) == 12
    for said in (plain[4], [999, plain[4]]):
        ends = ac.load(write_model(tmp_path, GPT2 | {"eos_token_id": said}))
        assert list(write(ends, IDS, sampled(3), 12)) == plain[: plain.index(plain[4]) + 1]


def test_it_stops_at_the_context_length(gpt2):
    assert len(list(write(gpt2, IDS, greedy, 64))) == 43 - 7
    assert list(write(gpt2, [5] * 43, greedy, 64)) == []
    assert list(write(gpt2, IDS, greedy, 0)) == []


def test_next_logits_equal_the_row_of_all_logits(gpt2):
    trace = gpt2.trace(ids=IDS)
    for position in (0, 3, 6, -1):
        np.testing.assert_allclose(trace.next_logits(position), trace.logits()[position], atol=1e-5)


def test_invalid_tokens_leave_the_continuation_unchanged(gpt2):
    text = Continuation(gpt2)
    text.read(IDS)
    for more, said in (([], "no tokens"), ([101], "Id 101"), ([5] * 37, "44 tokens are too many")):
        with pytest.raises(InputError, match=said):
            text.read(more)
    assert_same(text.read([5]), gpt2, [*IDS, 5])


def test_a_model_that_cannot_generate_says_so(bert, gpt2):
    with pytest.raises(InputError, match="is not a language model"):
        Continuation(bert)
    with pytest.raises(InputError, match="no language-model head"):
        bert.trace(ids=IDS).next_logits(-1)
    with pytest.raises(InputError, match="only a decoder takes one"):
        Continuation(gpt2, bert.trace(ids=IDS))


def test_invalid_arguments_are_refused_at_once(gpt2, bert):
    for given, said in (
        ((gpt2, "text", greedy, 5), "ids are whole numbers"), ((gpt2, [], greedy, 5), "no tokens"),
        ((gpt2, [101], greedy, 5), "Id 101"), ((gpt2, [5] * 44, greedy, 5), "too many"),
        ((gpt2, IDS, "greedy", 5), "choose is greedy or the result of"),
        ((gpt2, IDS, greedy, 1.5), "most is a whole number"),
        ((bert, IDS, greedy, 5), "not a language model"), (("gpt2", IDS, greedy, 5), "Give a language model, got str"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            write(*given)


def test_a_position_out_of_range_has_no_next_token(gpt2):
    for position in (7, -2, "last", 1.0):
        with pytest.raises(InputError, match=r"Position .* does not exist: give a whole number from 0 to 6"):
            gpt2.trace(ids=IDS).next_logits(position)
